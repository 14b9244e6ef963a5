// A tree as one line of text, to compare trees in tests: {ns}name[{ns}attribute=value](children).
#pragma once

#include "xml/element.h"

#include <string>

namespace isthmus::xml {

inline std::string tree_text(const Element& element) {
    const auto name = [](std::string_view ns, std::string_view local) {
        return (ns.empty() ? std::string() : "{" + std::string(ns) + "}") + std::string(local);
    };
    if (element.is_text()) {
        return '"' + std::string(element.text) + '"';
    }
    std::string out = name(element.ns, element.name);
    for (const Attribute* i = element.attributes; i != nullptr; i = i->next) {
        out += '[' + name(i->ns, i->name) + '=' + std::string(i->value) + ']';
    }
    if (element.first_child != nullptr) {
        out += '(';
        for (const Element* i = element.first_child; i != nullptr; i = i->next) {
            out += tree_text(*i);
        }
        out += ')';
    }
    return out;
}

}  // namespace isthmus::xml
