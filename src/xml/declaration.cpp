#include "xml/declaration.h"

#include "base/text.h"
#include "xml/chars.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace isthmus::xml {

namespace {

constexpr std::string_view kOpen = "<?xml";
constexpr std::string_view kClose = "?>";

enum class Item : std::uint8_t { Version, Encoding, Standalone, None };
constexpr std::array<std::string_view, 3> kNames{"version", "encoding", "standalone"};

/// Takes the blanks off; false if there were none.
bool take_blanks(std::string_view& rest) {
    const std::size_t before = rest.size();
    while (!rest.empty() && is_blank(rest.front())) {
        rest.remove_prefix(1);
    }
    return rest.size() != before;
}

Item take_name(std::string_view& rest) {
    std::size_t which = 0;
    while (which < kNames.size() && !rest.starts_with(kNames[which])) {
        ++which;
    }
    if (which < kNames.size()) {
        rest.remove_prefix(kNames[which].size());
    }
    return static_cast<Item>(which);
}

/// `= 'value'`
bool take_value(std::string_view& rest, std::string_view& value) {
    take_blanks(rest);
    if (!rest.starts_with('=')) {
        return false;
    }
    rest.remove_prefix(1);
    take_blanks(rest);
    if (!rest.starts_with('\'') && !rest.starts_with('"')) {
        return false;
    }
    const std::size_t close = rest.find(rest.front(), 1);
    if (close == std::string_view::npos) {
        return false;
    }
    value = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    return true;
}

Fault check_value(Item item, std::string_view value) {
    if (item == Item::Encoding) {
        // RFC 6120 §11.6
        return text::iequals(value, "UTF-8") ? Fault::None : Fault::UnsupportedEncoding;
    }
    const bool is_good = item == Item::Version ? value == "1.0" : value == "yes" || value == "no";
    return is_good ? Fault::None : Fault::NotWellFormed;
}

}  // namespace

bool may_be_declaration(std::string_view text) {
    return text.size() > kOpen.size() ? text.starts_with(kOpen) && is_blank(text[kOpen.size()])
                                      : kOpen.starts_with(text);
}

Fault check_declaration(std::string_view declaration) {
    std::string_view rest =
        declaration.substr(kOpen.size(), declaration.size() - kOpen.size() - kClose.size());
    // Only the version may not be left out, and they come in this order.
    bool has_version = false;
    Item last = Item::Version;
    for (;;) {
        const bool has_blanks = take_blanks(rest);
        if (rest.empty()) {
            return has_version ? Fault::None : Fault::NotWellFormed;
        }
        const Item item = take_name(rest);
        std::string_view value;
        if (!has_blanks || item == Item::None || has_version == (item == Item::Version) ||
            (has_version && item <= last) || !take_value(rest, value)) {
            return Fault::NotWellFormed;
        }
        const Fault fault = check_value(item, value);
        if (fault != Fault::None) {
            return fault;
        }
        has_version = true;
        last = item;
    }
}

}  // namespace isthmus::xml
