#include "cli/clixml.h"

#include "base/arena.h"
#include "base/text.h"
#include "xml/parser.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace isthmus::cli {

namespace {

constexpr std::string_view kNamespace = "http://schemas.microsoft.com/powershell/2004/04";
constexpr int kMostNodes = 16'000'000;  ///< of XML; text between elements counts as well
constexpr std::array<std::string_view, 4> kLists = {"LST", "IE", "QUE", "STK"};

Error not_usable(std::string why) {
    return make_error(ErrorKind::Syntax, "the file is not an export of PowerShell", std::move(why));
}

bool is_surrogate(std::uint32_t unit, std::uint32_t first) {
    return (unit & 0xFC00U) == first;
}

char32_t joined(std::uint32_t high, std::uint32_t low) {
    return 0x10000U + ((high & 0x3FFU) << 10U) + (low & 0x3FFU);
}

std::optional<std::string> from_utf16(std::string_view octets, bool is_big) {
    if (octets.size() % 2 != 0) {
        return std::nullopt;
    }
    const auto unit_at = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(octets[at]);
        const auto second = static_cast<unsigned char>(octets[at + 1]);
        return is_big ? (std::uint32_t{first} << 8U) | second
                      : (std::uint32_t{second} << 8U) | first;
    };
    std::string out;
    out.reserve(octets.size() / 2);
    for (std::size_t at = 0; at < octets.size(); at += 2) {
        const std::uint32_t unit = unit_at(at);
        if (is_surrogate(unit, 0xD800U)) {
            if (at + 4 > octets.size() || !is_surrogate(unit_at(at + 2), 0xDC00U)) {
                return std::nullopt;
            }
            at += 2;
            text::append_utf8(out, joined(unit, unit_at(at)));
        } else if (is_surrogate(unit, 0xDC00U)) {
            return std::nullopt;
        } else {
            text::append_utf8(out, unit);
        }
    }
    return out;
}

/// "_xHHHH_" at `at`.
std::optional<std::uint32_t> escaped_unit(std::string_view text, std::size_t at) {
    if (text.size() - at < 7 || text[at] != '_' || text[at + 1] != 'x' || text[at + 6] != '_') {
        return std::nullopt;
    }
    std::uint32_t unit = 0;
    for (const char digit : text.substr(at + 2, 4)) {
        const bool is_number = digit >= '0' && digit <= '9';
        const char letter = static_cast<char>(digit | 0x20);
        if (!is_number && (letter < 'a' || letter > 'f')) {
            return std::nullopt;
        }
        unit = unit * 16 + static_cast<std::uint32_t>(is_number ? digit - '0' : letter - 'a' + 10);
    }
    return unit;
}

/// Once, from left to right; half a surrogate pair becomes U+FFFD.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto unit = escaped_unit(text, at);
        if (!unit) {
            out += text[at++];
            continue;
        }
        at += 7;
        if (is_surrogate(*unit, 0xD800U)) {
            const auto low = at < text.size() ? escaped_unit(text, at) : std::nullopt;
            if (low && is_surrogate(*low, 0xDC00U)) {
                at += 7;
                text::append_utf8(out, joined(*unit, *low));
                continue;
            }
        }
        text::append_utf8(out, (*unit & 0xF800U) == 0xD800U ? 0xFFFDU : *unit);
    }
    return out;
}

std::string plain_type(std::string_view name) {
    for (const std::string_view prefix : {"Deserialized.", "Selected."}) {
        while (name.starts_with(prefix)) {
            name.remove_prefix(prefix.size());
        }
    }
    constexpr std::string_view kDecorated = "#Decorated";
    if (name.ends_with(kDecorated)) {
        name.remove_suffix(kDecorated.size());
    }
    return std::string(name);
}

/// Thrown and caught in this file: what is wrong.
struct Refused {
    std::string why;
};

class Reader {
  public:
    Reader(Arena& arena, const ClixmlLimits& limits, Clixml& made)
        : arena_(arena), limits_(limits), made_(made) {}

    ClixmlValue value(const xml::Element& element, int depth) {
        if (depth > limits_.max_depth) {
            throw Refused{fmt::format("objects in objects, deeper than {}", limits_.max_depth)};
        }
        if (++values_ > limits_.max_values) {
            throw Refused{fmt::format("more than {} values", limits_.max_values)};
        }
        if (element.name == "Nil") {
            return {};
        }
        if (element.name == "Ref") {
            return {.is_nil = false, .object = known(objects_, element)};
        }
        if (element.name == "Obj") {
            return {.is_nil = false, .object = object(element, depth)};
        }
        return {.is_nil = false, .text = text_of(element)};
    }

  private:
    using Objects = boost::unordered_flat_map<std::string_view, const ClixmlObject*>;

    std::string text_of(const xml::Element& element) { return unescape(element.all_text(arena_)); }

    static const ClixmlObject* known(const Objects& objects, const xml::Element& element) {
        const auto found = objects.find(element.attribute("RefId").value_or(""));
        if (found == objects.end()) {
            throw Refused{
                fmt::format("RefId \"{}\" is nowhere before it is used",
                            text::escape_for_log(element.attribute("RefId").value_or(""), 40))};
        }
        return found->second;
    }

    const ClixmlObject* object(const xml::Element& element, int depth) {
        ClixmlObject& made = made_.objects.emplace_back();
        if (const auto id = element.attribute("RefId");
            id && !objects_.emplace(*id, &made).second) {
            throw Refused{
                fmt::format("RefId \"{}\" is there twice", text::escape_for_log(*id, 40))};
        }
        for (const xml::Element* part = element.first_element(); part != nullptr;
             part = part->next_element()) {
            read_part(*part, made, depth);
        }
        return &made;
    }

    void read_part(const xml::Element& part, ClixmlObject& made, int depth) {
        if (part.name == "TN") {
            for (const xml::Element* type = part.first_element(); type != nullptr;
                 type = type->next_element()) {
                made.types.push_back(plain_type(text_of(*type)));
            }
            types_.emplace(part.attribute("RefId").value_or(""), &made);
        } else if (part.name == "TNRef") {
            made.types = known(types_, part)->types;
            // NOLINTNEXTLINE(bugprone-branch-clone): or else its one plain value, at the end
        } else if (part.name == "ToString") {
            made.text = text_of(part);
        } else if (part.name == "Props" || part.name == "MS") {
            read_properties(part, made, depth);
        } else if (std::ranges::find(kLists, part.name) != kLists.end()) {
            made.is_list = true;
            for (const xml::Element* item = part.first_element(); item != nullptr;
                 item = item->next_element()) {
                made.items.push_back(value(*item, depth + 1));
            }
        } else if (made.text.empty() && part.first_element() == nullptr) {
            made.text = text_of(part);
        }
    }

    void read_properties(const xml::Element& part, ClixmlObject& made, int depth) {
        for (const xml::Element* one = part.first_element(); one != nullptr;
             one = one->next_element()) {
            std::string name = unescape(one->attribute("N").value_or(""));
            // NOLINTNEXTLINE(misc-const-correctness): it is moved from
            ClixmlValue read = value(*one, depth + 1);
            if (!name.empty() &&
                made.properties.try_emplace(text::to_lower(name), std::move(read)).second) {
                made.names.push_back(std::move(name));
            }
        }
    }

    Arena& arena_;
    const ClixmlLimits& limits_;
    Clixml& made_;
    Objects objects_;  ///< by RefId
    Objects types_;    ///< who had that list of types first
    std::size_t values_ = 0;
};

}  // namespace

std::string_view ClixmlValue::called() const {
    if (object == nullptr) {
        return text;
    }
    if (!object->text.empty()) {
        return object->text;
    }
    for (const std::string_view name : {"friendlyname", "name"}) {
        if (const ClixmlValue* found = object->find(name);
            found != nullptr && found->object == nullptr) {
            return found->text;
        }
    }
    return {};
}

const ClixmlValue* ClixmlObject::find(std::string_view name) const {
    const auto found = properties.find(std::string(name));
    return found == properties.end() || found->second.is_nil ? nullptr : &found->second;
}

std::string ClixmlObject::said(std::string_view name) const {
    const ClixmlValue* value = find(name);
    return value == nullptr ? std::string() : std::string(text::trim(value->called()));
}

bool ClixmlObject::is_true(std::string_view name, bool otherwise) const {
    const ClixmlValue* value = find(name);
    return value == nullptr ? otherwise : text::iequals(text::trim(value->called()), "true");
}

std::optional<std::uint64_t> ClixmlObject::number(std::string_view name) const {
    return text::to_number(said(name));
}

Result<std::string> decode_file(std::string octets) {
    const std::string_view start = std::string_view(octets).substr(0, 2);
    using namespace std::string_view_literals;
    const bool has_mark = start == "\xFF\xFE"sv || start == "\xFE\xFF"sv;
    if (has_mark || start == "<\0"sv || start == "\0<"sv) {
        const bool is_big = start == "\xFE\xFF"sv || start == "\0<"sv;
        auto made = from_utf16(std::string_view(octets).substr(has_mark ? 2 : 0), is_big);
        if (!made) {
            return not_usable("it begins as UTF-16 and is not");
        }
        return *std::move(made);
    }
    if (!text::is_utf8(octets)) {
        return not_usable("it is neither UTF-8 nor UTF-16");
    }
    return octets;
}

Result<Clixml> read_clixml(std::string octets, const ClixmlLimits& limits) {
    if (octets.size() > limits.max_octets) {
        return make_error(
            ErrorKind::TooLong,
            "the file is too large",
            fmt::format("{} octets; at most {} are read", octets.size(), limits.max_octets));
    }
    const auto document = decode_file(std::move(octets));
    if (!document) {
        return document.error();
    }
    Arena arena(std::size_t{256} << 10U);
    const xml::Limits bounds{.max_element_octets = 2 * limits.max_octets,
                             .max_depth = 4 * limits.max_depth,
                             .max_children = kMostNodes};
    const auto root = xml::parse_document(*document, arena, bounds);
    if (!root) {
        return not_usable(root.error().detail);
    }
    if (!(*root)->is("Objs", kNamespace)) {
        return not_usable("its root is not <Objs> of PowerShell");
    }
    Clixml made;
    try {
        Reader reader(arena, limits, made);
        for (const xml::Element* one = (*root)->first_element(); one != nullptr;
             one = one->next_element()) {
            const ClixmlValue read = reader.value(*one, 1);
            if (read.object != nullptr && !read.object->is_list) {
                made.pipeline.push_back(read.object);
            }
        }
    } catch (const Refused& refused) {
        return not_usable(refused.why);
    }
    return made;
}

}  // namespace isthmus::cli
