#include "xml/writer.h"

#include "xml/chars.h"
#include "xml/octets.h"
#include "xml/tree_reader.h"

namespace isthmus::xml {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// What stands for the octet at `at`; `at` moves behind it. Empty: it stays as it is.
std::string_view escaped(const char*& at, const char* end, bool is_attribute) {
    switch (*at) {
        case '&':
            ++at;
            return "&amp;";
        case '<':
            ++at;
            return "&lt;";
        case '>':
            ++at;
            return "&gt;";
        case '\'':
            ++at;
            return "&apos;";
        // A parser would turn these into something else if they were written plainly.
        case '\r':
            ++at;
            return "&#13;";
        case '\n':
            ++at;
            return is_attribute ? "&#10;" : "";
        case '\t':
            ++at;
            return is_attribute ? "&#9;" : "";
        default:
            break;
    }
    const Decoded c = decode(at, end);
    if (c.length != 0) {
        at += c.length;
        return {};
    }
    ++at;
    // One replacement for one bad sequence, not for each of its octets.
    while (at != end && (static_cast<unsigned char>(*at) & 0xC0U) == 0x80U) {
        ++at;
    }
    return kReplacement;
}

template <char... Specials>
void append_escaped(Buffer& to, std::string_view text, bool is_attribute) {
    const char* run = text.data();
    const char* const end = run + text.size();
    const char* at = run;
    while ((at = find_special<Specials...>(at, end)) != end) {
        const char* const special = at;
        const std::string_view instead = escaped(at, end, is_attribute);
        if (!instead.empty()) {
            to.append(between(run, special)).append(instead);
            run = at;
        }
    }
    to.append(between(run, end));
}

}  // namespace

void append_text(Buffer& to, std::string_view text) {
    append_escaped<'&', '<', '>'>(to, text, false);
}

void append_attribute_value(Buffer& to, std::string_view value) {
    append_escaped<'&', '<', '>', '\''>(to, value, true);
}

void Writer::finish_tag() {
    if (tag_is_open_) {
        to_.append('>');
        tag_is_open_ = false;
    }
}

Writer& Writer::open(std::string_view name) {
    finish_tag();
    to_.append('<').append(name);
    tag_is_open_ = true;
    return *this;
}

Writer& Writer::attribute(std::string_view name, std::string_view value) {
    to_.append(' ').append(name).append("='");
    append_attribute_value(to_, value);
    to_.append('\'');
    return *this;
}

Writer& Writer::attribute(std::string_view name, std::initializer_list<std::string_view> parts) {
    to_.append(' ').append(name).append("='");
    for (const std::string_view part : parts) {
        append_attribute_value(to_, part);
    }
    to_.append('\'');
    return *this;
}

Writer& Writer::optional_attribute(std::string_view name, std::string_view value) {
    return value.empty() ? *this : attribute(name, value);
}

Writer& Writer::text(std::string_view text) {
    if (!text.empty()) {
        finish_tag();
        append_text(to_, text);
    }
    return *this;
}

Writer& Writer::close(std::string_view name) {
    if (tag_is_open_) {
        to_.append("/>");
        tag_is_open_ = false;
    } else {
        to_.append("</").append(name).append('>');
    }
    return *this;
}

Writer& Writer::element(std::string_view name, std::string_view text) {
    return open(name).text(text).close(name);
}

void Writer::empty(std::string_view name, std::string_view ns) {
    open(name).attribute("xmlns", ns).close(name);
}

// As deep as the parser lets elements nest.
// NOLINTNEXTLINE(misc-no-recursion)
Writer& Writer::tree(const Element& element, std::string_view inherited_ns) {
    if (element.is_text()) {
        return text(element.text);
    }
    // Namespaces in XML 1.0 §3: the one namespace that cannot be a default.
    const bool is_xml = element.ns == kXmlNamespace;
    const std::string_view default_ns = is_xml ? inherited_ns : element.ns;
    open(is_xml ? "xml:" : "");
    to_.append(element.name);
    if (default_ns != inherited_ns) {
        attribute("xmlns", element.ns);
    }
    int prefixes = 0;
    for (const Attribute* i = element.attributes; i != nullptr; i = i->next) {
        to_.append(' ');
        if (i->ns == kXmlNamespace) {
            to_.append("xml:");
        } else if (!i->ns.empty()) {
            to_.append("xmlns:n").append_number(++prefixes).append("='");
            append_attribute_value(to_, i->ns);
            to_.append("' n").append_number(prefixes).append(':');
        }
        to_.append(i->name).append("='");
        append_attribute_value(to_, i->value);
        to_.append('\'');
    }
    for (const Element* i = element.first_child; i != nullptr; i = i->next) {
        tree(*i, default_ns);
    }
    if (is_xml && !tag_is_open_) {
        to_.append("</xml:").append(element.name).append('>');
        return *this;
    }
    return close(element.name);
}

}  // namespace isthmus::xml
