#include "cli/cs_value.h"

#include "base/spelling.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace isthmus::cli::cs {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string join(const List& list, std::string_view separator, std::string (*write)(const Value&)) {
    std::string out;
    for (const Value& item : list) {
        out += (&item == list.data() ? "" : separator);
        out += write(item);
    }
    return out;
}

std::string name_of(const ItemPtr& item) {
    if (!item) {
        return {};
    }
    for (const char* name : {"Identity", "Name"}) {
        if (const auto* property = item->find(name); property != nullptr) {
            return to_text(property->value);
        }
    }
    return item->id;
}

/// [a-z] at `at`, which is moved behind it; false if it is not closed or does not hold `c`.
bool matches_set(std::string_view pattern, std::size_t& at, char c) {
    const std::size_t end = pattern.find(']', at + 2);
    if (end == std::string_view::npos) {
        return false;
    }
    bool found = false;
    for (std::size_t i = at + 1; i < end; ++i) {
        const char low = text::lower(pattern[i]);
        const bool is_range = i + 2 < end && pattern[i + 1] == '-';
        const char high = is_range ? text::lower(pattern[i + 2]) : low;
        found = found || (c >= low && c <= high);
        i += is_range ? 2 : 0;
    }
    at = end + 1;
    return found;
}

}  // namespace

std::string printable(std::string_view text) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    const bool is_utf8 = text::is_utf8(text);
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        const bool is_line_end = octet == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        const auto next = static_cast<unsigned char>(at + 1 < text.size() ? text[at + 1] : '\0');
        const bool is_c1 = octet == 0xC2 && next < 0xA0;
        if ((octet < 0x20 && octet != '\n') || octet == 0x7F || is_c1 ||
            (octet >= 0x80 && !is_utf8)) {
            const unsigned char shown = is_c1 && is_utf8 ? next : octet;
            at += is_c1 && is_utf8 ? 1 : 0;
            if (!is_line_end) {
                out += {'\\', 'x', kDigits[shown >> 4U], kDigits[shown & 15U]};
            }
        } else {
            out.push_back(text[at]);
        }
    }
    return out;
}

const Item::Property* Item::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        shown, [&](const Property& property) { return text::iequals(property.name, name); });
    return found == shown.end() ? nullptr : &*found;
}

Item::Property* Item::find(std::string_view name) {
    return const_cast<Property*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        std::as_const(*this).find(name));
}

std::string display(const Value& value) {
    return std::visit(Overloaded{
                          [](std::monostate) { return std::string(); },
                          [](bool truth) { return std::string(truth ? "True" : "False"); },
                          [](std::int64_t number) { return std::to_string(number); },
                          [](const std::string& text) { return printable(text); },
                          [](const List& list) { return "{" + join(list, ", ", display) + "}"; },
                          [](const Table& table) {
                              std::string out;
                              for (const auto& [key, item] : table) {
                                  out += (out.empty() ? "" : "; ") + printable(key) + "=" +
                                         display(item);
                              }
                              return "{" + out + "}";
                          },
                          [](const Block& block) { return printable(block.text); },
                          [](const ItemPtr& item) { return printable(name_of(item)); },
                      },
                      value.is);
}

std::string to_text(const Value& value) {
    return std::visit(Overloaded{
                          [](const std::string& text) { return text; },
                          [](const List& list) { return join(list, " ", to_text); },
                          [](const Block& block) { return block.text; },
                          [](const ItemPtr& item) { return name_of(item); },
                          [&](const auto&) { return display(value); },
                      },
                      value.is);
}

std::size_t weight(const Value& value) {
    std::size_t sum = sizeof value;
    if (const auto* text = value.as<std::string>(); text != nullptr) {
        sum += text->size();
    } else if (const auto* list = value.as<List>(); list != nullptr) {
        for (const Value& item : *list) {
            sum += weight(item);
        }
    } else if (const auto* table = value.as<Table>(); table != nullptr) {
        for (const auto& [key, item] : *table) {
            sum += key.size() + weight(item);
        }
    }
    return sum;
}

bool is_true(const Value& value) {
    return std::visit(Overloaded{
                          [](std::monostate) { return false; },
                          [](bool truth) { return truth; },
                          [](std::int64_t number) { return number != 0; },
                          [](const std::string& text) { return !text.empty(); },
                          [](const List& list) {
                              return list.size() > 1 || (list.size() == 1 && is_true(list.front()));
                          },
                          [](const auto&) { return true; },
                      },
                      value.is);
}

bool to_number(const Value& value, std::int64_t& number) {
    if (const auto* given = value.as<std::int64_t>(); given != nullptr) {
        number = *given;
        return true;
    }
    if (const auto* truth = value.as<bool>(); truth != nullptr) {
        number = *truth ? 1 : 0;
        return true;
    }
    const auto* text = value.as<std::string>();
    if (text == nullptr || text->empty()) {
        return false;
    }
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

Value member(const Value& value, const std::vector<std::string>& names) {
    Value at = value;
    for (const std::string& name : names) {
        if (const auto* item = at.as<ItemPtr>(); item != nullptr && *item) {
            const auto* property = std::as_const(**item).find(name);
            at = property != nullptr ? Value(property->value) : Value();
        } else if (const auto* list = at.as<List>(); list != nullptr) {
            if (text::iequals(name, "Count") || text::iequals(name, "Length")) {
                at = static_cast<std::int64_t>(list->size());
                continue;
            }
            List made;
            for (const Value& one : *list) {
                made.push_back(member(one, {name}));
            }
            at = std::move(made);
        } else if (text::iequals(name, "Count")) {
            at = std::int64_t{at.is_null() ? 0 : 1};
        } else if (const auto* text = at.as<std::string>();
                   text != nullptr && text::iequals(name, "Length")) {
            at = static_cast<std::int64_t>(text->size());
        } else {
            at = Value();
        }
    }
    return at;
}

bool is_like(std::string_view text, std::string_view pattern) {
    std::size_t star = std::string_view::npos;  // behind the last asterisk
    std::size_t retry = 0;                      // where in the text it goes on
    std::size_t at = 0;
    std::size_t in = 0;
    while (at < text.size() || in < pattern.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = ++in;
            retry = at;
            continue;
        }
        bool good = at < text.size() && in < pattern.size();
        if (good) {
            const char c = text::lower(text[at]);
            if (pattern[in] == '[') {
                good = matches_set(pattern, in, c);
            } else {
                const bool is_literal = pattern[in] == '`' && in + 1 < pattern.size();
                in += is_literal ? 1 : 0;
                good = (pattern[in] == '?' && !is_literal) || text::lower(pattern[in]) == c;
                in += good ? 1 : 0;
            }
        }
        if (good) {
            ++at;
        } else if (star == std::string_view::npos || retry >= text.size()) {
            return false;
        } else {
            in = star;
            at = ++retry;
        }
    }
    return true;
}

bool has_wildcard(std::string_view pattern) {
    return pattern.find_first_of("*?[") != std::string_view::npos;
}

std::string nearest(std::string_view given, const std::vector<std::string>& names) {
    constexpr std::size_t kLongest = 64;
    std::vector<std::string> lowered;
    lowered.reserve(names.size());
    for (const std::string& name : names) {
        lowered.push_back(text::to_lower(name));
    }
    const std::string wanted = text::to_lower(given.substr(0, kLongest));
    const std::string found = text::nearest(wanted, lowered);
    const auto at = std::ranges::find(lowered, found);
    return found.empty() || at == lowered.end()
               ? std::string()
               : names[static_cast<std::size_t>(at - lowered.begin())];
}

}  // namespace isthmus::cli::cs
