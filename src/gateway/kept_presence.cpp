#include "gateway/kept_presence.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace isthmus::gateway {

namespace {

using xmpp::Presence;
using xmpp::PresenceType;

constexpr std::size_t kMaxStatuses = 4;
constexpr std::size_t kMaxStatus = 512;
constexpr std::size_t kMaxLang = 35;  // RFC 5646 §4.4.1
constexpr std::size_t kMaxStamp = 35;
constexpr std::size_t kMaxNick = 128;
constexpr std::array<std::string_view, 5> kShows{"", "away", "chat", "dnd", "xa"};

// An entry: size (2 octets), flags and show, priority, number of statuses, then texts, each with
// its size (2 octets): resource, lang, stamp, idle and nick if it has them, and lang and text of
// each status.
constexpr std::size_t kHead = 5;
constexpr unsigned char kAvailable = 0x80;
constexpr unsigned char kHasPriority = 0x40;
constexpr unsigned char kIsIdle = 0x20;     // a text more, after the stamp
constexpr unsigned char kIsStored = 0x10;   // its name is in the database
constexpr unsigned char kIsAssumed = 0x08;  // no more than its name is known
// With the number of statuses:
constexpr unsigned char kHasNick = 0x80;

void put_size(std::string& to, std::size_t size) {
    const auto small = static_cast<std::uint16_t>(size);
    char octets[2];
    std::memcpy(octets, &small, 2);
    to.append(octets, 2);
}

std::size_t size_at(const char* at) {
    std::uint16_t size = 0;
    std::memcpy(&size, at, 2);
    return size;
}

void put_text(std::string& to, std::string_view text) {
    put_size(to, text.size());
    to.append(text);
}

std::string_view take_text(std::string_view& from) {
    const std::size_t size = size_at(from.data());
    const std::string_view text = from.substr(2, size);
    from.remove_prefix(2 + size);
    return text;
}

/// Not in the middle of a character.
std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) {
        return text;
    }
    while (limit != 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) {
        --limit;
    }
    return text.substr(0, limit);
}

void encode(const Presence& presence, std::string& to) {
    const std::size_t begin = to.size();
    put_size(to, 0);
    const bool is_available = presence.type == PresenceType::Available;
    const bool is_idle = !presence.idle_since.empty() && presence.idle_since.size() <= kMaxStamp;
    const auto* const show = std::ranges::find(kShows, presence.show);
    auto flags = static_cast<unsigned char>(show == kShows.end() ? 0 : show - kShows.begin());
    flags = static_cast<unsigned char>(flags | (is_available ? kAvailable : 0U) |
                                       (presence.has_priority ? kHasPriority : 0U) |
                                       (is_idle ? kIsIdle : 0U));
    to.push_back(static_cast<char>(flags));
    to.push_back(static_cast<char>(presence.priority));
    const std::size_t statuses = std::min(presence.statuses.size(), kMaxStatuses);
    const bool has_nick = !presence.nick.empty();
    to.push_back(static_cast<char>(statuses | (has_nick ? kHasNick : 0U)));
    put_text(to, presence.from.resource);
    put_text(to, presence.lang.size() > kMaxLang ? std::string_view() : presence.lang);
    put_text(to,
             presence.delay_stamp.size() > kMaxStamp ? std::string_view() : presence.delay_stamp);
    if (is_idle) {
        put_text(to, presence.idle_since);
    }
    if (has_nick) {
        put_text(to, cut(presence.nick, kMaxNick));
    }
    for (std::size_t i = 0; i < statuses; ++i) {
        const xmpp::LangText& status = presence.statuses[i];
        put_text(to, status.lang.size() > kMaxLang ? std::string_view() : status.lang);
        put_text(to, cut(status.text, kMaxStatus));
    }
    const auto size = static_cast<std::uint16_t>(to.size() - begin);
    std::memcpy(to.data() + begin, &size, 2);
}

std::string_view next_entry(std::string_view& rest) {
    const std::string_view entry = rest.substr(0, size_at(rest.data()));
    rest.remove_prefix(entry.size());
    return entry;
}

std::string_view resource_of(std::string_view entry) {
    entry.remove_prefix(kHead);
    return take_text(entry);
}

unsigned char flags_of(std::string_view entry) {
    return static_cast<unsigned char>(entry[2]);
}

std::size_t statuses_of(std::string_view entry) {
    return static_cast<unsigned char>(entry[4]) & ~std::size_t{kHasNick};
}

bool has_nick_entry(std::string_view entry) {
    return (static_cast<unsigned char>(entry[4]) & kHasNick) != 0;
}

bool is_available_entry(std::string_view entry) {
    return (flags_of(entry) & kAvailable) != 0;
}

/// Whether an entry has these flags out of those.
bool is_any(std::string_view entries, unsigned char of, unsigned char flags) {
    while (!entries.empty()) {
        if ((flags_of(next_entry(entries)) & of) == flags) {
            return true;
        }
    }
    return false;
}

void add_flags(std::string& entry, std::size_t begin, unsigned char flags) {
    entry[begin + 2] = static_cast<char>(static_cast<unsigned char>(entry[begin + 2]) | flags);
}

}  // namespace

bool KeptPresence::keep(const Presence& presence, std::size_t max_left) {
    // One scratch for all: this is the traffic thread, and the hot path of presence.
    thread_local std::string made;
    thread_local std::string kept;
    made.clear();
    encode(presence, made);
    const bool is_leaving = presence.type == PresenceType::Unavailable;
    const bool is_about_all = is_leaving && presence.from.resource.empty();
    std::size_t available = 0;
    std::size_t assumed = 0;
    std::size_t left = is_leaving ? 1 : 0;
    std::string_view rest = entries_.view();
    while (!rest.empty()) {
        const std::string_view entry = next_entry(rest);
        const bool is_same = resource_of(entry) == presence.from.resource;
        if (is_same) {
            add_flags(made, 0, flags_of(entry) & kIsStored);
        }
        if (is_same && !is_about_all) {
            if (entry == made) {
                return false;
            }
        } else if (is_available_entry(entry)) {
            ++available;
            assumed += (flags_of(entry) & kIsAssumed) != 0 ? 1 : 0;
        } else {
            ++left;
        }
    }
    if (is_about_all && available == 0 && entries_.view() == made) {
        return false;
    }
    if (!is_leaving && available - assumed >= kMaxResources) {
        return false;
    }
    kept.clear();
    rest = entries_.view();
    while (!rest.empty()) {
        const std::string_view entry = next_entry(rest);
        if (is_about_all || resource_of(entry) == presence.from.resource) {
            continue;
        }
        if (!is_available_entry(entry) && left > max_left) {
            --left;
            continue;
        }
        kept.append(entry);
    }
    kept.append(made);
    entries_.assign(kept);
    return true;
}

void KeptPresence::read(const xmpp::Jid& from,
                        const xmpp::Jid& to,
                        Arena& arena,
                        std::vector<Presence>& into) const {
    std::string_view rest = arena.copy(entries_.view());
    while (!rest.empty()) {
        std::string_view entry = next_entry(rest);
        const unsigned char flags = flags_of(entry);
        if ((flags & kIsAssumed) != 0) {
            continue;
        }
        Presence& made = into.emplace_back();
        made.from = from;
        made.to = to;
        made.type = (flags & kAvailable) != 0 ? PresenceType::Available : PresenceType::Unavailable;
        made.has_priority = (flags & kHasPriority) != 0;
        const int priority = static_cast<unsigned char>(entry[3]);
        made.priority = priority < 128 ? priority : priority - 256;  // the octet is signed
        made.show = kShows[flags & 7U];
        const std::size_t statuses = statuses_of(entry);
        const bool has_nick = has_nick_entry(entry);
        entry.remove_prefix(kHead);
        made.from.resource = take_text(entry);
        made.lang = take_text(entry);
        made.delay_stamp = take_text(entry);
        made.idle_since = (flags & kIsIdle) != 0 ? take_text(entry) : std::string_view();
        made.nick = has_nick ? take_text(entry) : std::string_view();
        for (std::size_t i = 0; i < statuses; ++i) {
            const std::string_view lang = take_text(entry);
            made.statuses.push_back({lang, take_text(entry)});
        }
    }
}

void KeptPresence::available(std::vector<std::string_view>& into) const {
    std::string_view rest = entries_.view();
    while (!rest.empty()) {
        const std::string_view entry = next_entry(rest);
        if (is_available_entry(entry)) {
            into.push_back(resource_of(entry));
        }
    }
}

void KeptPresence::left(std::vector<std::string_view>& into) const {
    std::string_view rest = entries_.view();
    while (!rest.empty()) {
        const std::string_view entry = next_entry(rest);
        if (!is_available_entry(entry)) {
            into.push_back(resource_of(entry));
        }
    }
}

bool KeptPresence::is_available() const {
    return is_any(entries_.view(), kAvailable, kAvailable);
}

void KeptPresence::leave_all() {
    if (entries_.empty()) {
        return;
    }
    std::string_view last;
    for (std::string_view rest = entries_.view(); !rest.empty();) {
        last = next_entry(rest);
    }
    Presence gone;
    gone.type = PresenceType::Unavailable;
    gone.from.resource = resource_of(last);
    std::string made;
    encode(gone, made);
    entries_.assign(made);
}

bool KeptPresence::drop_statuses() {
    bool had_any = false;
    std::string made;
    for (std::string_view rest = entries_.view(); !rest.empty();) {
        const std::string_view entry = next_entry(rest);
        std::string_view behind = entry.substr(kHead);
        const int before =
            ((flags_of(entry) & kIsIdle) != 0 ? 4 : 3) + (has_nick_entry(entry) ? 1 : 0);
        for (int texts = before; texts > 0; --texts) {
            take_text(behind);
        }
        had_any = had_any || statuses_of(entry) != 0;
        const std::size_t begin = made.size();
        made.append(entry.substr(0, entry.size() - behind.size()));
        made[begin + 4] = static_cast<char>(has_nick_entry(entry) ? kHasNick : 0U);
        const auto size = static_cast<std::uint16_t>(made.size() - begin);
        std::memcpy(made.data() + begin, &size, 2);
    }
    if (had_any) {
        entries_.assign(made);
    }
    return had_any;
}

void KeptPresence::assume(std::string_view resource) {
    Presence shown;
    shown.from.resource = resource;
    std::string made(entries_.view());
    const std::size_t begin = made.size();
    encode(shown, made);
    add_flags(made, begin, kIsStored | kIsAssumed);
    entries_.assign(made);
}

bool KeptPresence::has_assumed() const {
    return is_any(entries_.view(), kAvailable | kIsAssumed, kAvailable | kIsAssumed);
}

void KeptPresence::forget() {
    std::string made;
    for (std::string_view rest = entries_.view(); !rest.empty();) {
        const std::string_view entry = next_entry(rest);
        Presence gone;
        gone.type = PresenceType::Unavailable;
        gone.from.resource = resource_of(entry);
        const std::size_t begin = made.size();
        encode(gone, made);
        add_flags(made, begin, (flags_of(entry) & kIsStored) | kIsAssumed);
    }
    entries_.assign(made);
}

bool KeptPresence::has_unstored() const {
    return is_any(entries_.view(), kAvailable | kIsStored, kAvailable);
}

void KeptPresence::set_stored(bool is_stored) {
    std::string made(entries_.view());
    for (std::string_view rest = made; !rest.empty();) {
        const auto begin = static_cast<std::size_t>(rest.data() - made.data());
        const std::string_view entry = next_entry(rest);
        const unsigned char others = flags_of(entry) & static_cast<unsigned char>(~kIsStored);
        made[begin + 2] =
            static_cast<char>(is_stored && is_available_entry(entry) ? others | kIsStored : others);
    }
    entries_.assign(made);
}

}  // namespace isthmus::gateway
