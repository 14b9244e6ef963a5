#include "xml/element.h"

#include "xml/tree_reader.h"

namespace isthmus::xml {

std::optional<std::string_view> Element::attribute(std::string_view n) const {
    for (const Attribute* i = attributes; i != nullptr; i = i->next) {
        if (i->name == n && i->ns.empty()) {
            return i->value;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> Element::lang() const {
    for (const Attribute* i = attributes; i != nullptr; i = i->next) {
        if (i->name == "lang" && i->ns == kXmlNamespace) {
            return i->value;
        }
    }
    return std::nullopt;
}

const Element* Element::child(std::string_view n, std::string_view namespace_uri) const {
    for (const Element* i = first_child; i != nullptr; i = i->next) {
        if (i->is(n, namespace_uri)) {
            return i;
        }
    }
    return nullptr;
}

const Element* Element::first_element() const {
    const Element* i = first_child;
    while (i != nullptr && i->is_text()) {
        i = i->next;
    }
    return i;
}

const Element* Element::next_element() const {
    const Element* i = next;
    while (i != nullptr && i->is_text()) {
        i = i->next;
    }
    return i;
}

std::string_view Element::all_text(Arena& arena) const {
    std::size_t size = 0;
    for (const Element* i = first_child; i != nullptr; i = i->next) {
        size += i->is_text() ? i->text.size() : 0;
    }
    if (size == text.size()) {
        return text;
    }
    char* const joined = arena.chars(size);
    char* at = joined;
    for (const Element* i = first_child; i != nullptr; i = i->next) {
        if (i->is_text()) {
            at += i->text.copy(at, i->text.size());
        }
    }
    return {joined, size};
}

}  // namespace isthmus::xml
