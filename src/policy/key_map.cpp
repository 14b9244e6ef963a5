#include "policy/key_map.h"

#include <bit>

namespace isthmus::policy {

namespace {

constexpr std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U) | 1U;
}

}  // namespace

// The hash must not depend on how the key is cut into parts, so it is taken over the octets as one
// stream: 8 octets at a time through a small window.
std::uint64_t KeyMap::hash(std::string_view a, std::string_view b, std::string_view c) const {
    char whole[256];
    const std::size_t size = a.size() + b.size() + c.size();
    if (size <= sizeof whole) {
        char* to = whole;
        for (const std::string_view part : {a, b, c}) {
            if (!part.empty()) {
                std::memcpy(to, part.data(), part.size());
                to += part.size();
            }
        }
        return hash_({whole, size});
    }
    std::string joined;
    joined.reserve(size);
    joined.append(a).append(b).append(c);
    return hash_(joined);
}

void KeyMap::reserve(std::size_t keys) {
    const std::size_t wanted = std::bit_ceil(keys * 2 + 16);
    if (wanted > slots_.size()) {
        grow(wanted);
    }
}

std::size_t KeyMap::free_slot(std::uint64_t hash) const {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].tag != 0) {
        at = (at + 1) & (slots_.size() - 1);
    }
    return at;
}

void KeyMap::grow(std::size_t slots) {
    Slots old(slots);
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (slot.tag != 0) {
            slots_[free_slot(hash(key_of(slot), {}, {}))] = slot;
        }
    }
}

bool KeyMap::insert(std::string_view key, std::uint32_t value) {
    if (find(key)) {
        return false;
    }
    if ((size_ + 1) * 2 > slots_.size()) {
        grow(slots_.empty() ? 16 : slots_.size() * 2);
    }
    const std::uint64_t h = hash(key, {}, {});
    Slot& slot = slots_[free_slot(h)];
    slot.tag = tag_of(h);
    slot.length = static_cast<std::uint32_t>(key.size());
    slot.value = value;
    if (key.size() <= kInline) {
        key.copy(slot.text.data(), key.size());
    } else {
        slot.long_key = static_cast<std::uint32_t>(long_keys_.size());
        long_keys_.emplace_back(key);
    }
    ++size_;
    return true;
}

void KeyMap::set(std::string_view key, std::uint32_t value) {
    const std::size_t place = place_of(key, {}, {});
    if (place == slots_.size()) {
        insert(key, value);
    } else {
        slots_[place].value = value;
    }
}

std::size_t KeyMap::place_of(std::string_view a, std::string_view b, std::string_view c) const {
    if (slots_.empty()) {
        return 0;
    }
    const std::uint64_t h = hash(a, b, c);
    const std::size_t size = a.size() + b.size() + c.size();
    for (std::size_t at = h & (slots_.size() - 1); slots_[at].tag != 0;
         at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.tag != tag_of(h) || slot.length != size) {
            continue;
        }
        const std::string_view key = key_of(slot);
        if (key.substr(0, a.size()) == a && key.substr(a.size(), b.size()) == b &&
            key.substr(a.size() + b.size()) == c) {
            return at;
        }
    }
    return slots_.size();
}

std::optional<std::uint32_t> KeyMap::find(std::string_view a,
                                          std::string_view b,
                                          std::string_view c) const {
    const std::size_t place = place_of(a, b, c);
    return place == slots_.size() ? std::nullopt : std::optional(slots_[place].value);
}

}  // namespace isthmus::policy
