// Cuts a stream of XML; see xmpp_framing.h.
#include "load/xmpp_framing.h"

#include <cstring>

namespace isthmus::bench {

namespace {

constexpr auto none = std::string_view::npos;

// Where the tag which begins at `at` ends (behind its '>'), or none.
std::size_t end_of_tag(std::string_view text, std::size_t at) {
    char quote = '\0';
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return at + 1;
        }
    }
    return none;
}

std::size_t element(std::string_view input) {
    std::size_t depth = 0;
    for (std::size_t at = 0;;) {
        at = input.find('<', at);
        const std::size_t end = at == none ? none : end_of_tag(input, at);
        if (end == none) {
            return 0;
        }
        if (input[at + 1] == '/') {
            --depth;
        } else if (input[end - 2] != '/') {
            ++depth;
        }
        if (depth == 0) {
            return end;
        }
        at = end;
    }
}

// The fast way, for stanzas which hold none of their own name.
std::size_t stanza(std::string_view input, std::string_view end_tag) {
    const std::size_t tag = end_of_tag(input, 0);
    if (tag == none || input[tag - 2] == '/') {
        return tag == none ? 0 : tag;
    }
    const void* const end =
        memmem(input.data() + tag, input.size() - tag, end_tag.data(), end_tag.size());
    return end == nullptr ? 0
                          : static_cast<std::size_t>(static_cast<const char*>(end) - input.data()) +
                                end_tag.size();
}

}  // namespace

std::size_t first_piece(std::string_view input) {
    if (input.starts_with("<message ")) {
        return stanza(input, "</message>");
    }
    if (input.starts_with("<presence ")) {
        return stanza(input, "</presence>");
    }
    if (!input.starts_with('<')) {
        const std::size_t end = input.find('<');
        return end == none ? input.size() : end;
    }
    if (input.starts_with("<?") || input.starts_with("<stream:stream") ||
        input.starts_with("</stream:")) {
        const std::size_t end = end_of_tag(input, 0);
        return end == none ? 0 : end;
    }
    return element(input);
}

std::string_view attribute(std::string_view text, std::string_view name) {
    const std::size_t end = end_of_tag(text, 0);
    const std::string_view tag = text.substr(0, end);
    for (std::size_t at = tag.find(name); at != none; at = tag.find(name, at + 1)) {
        const std::size_t equals = at + name.size();
        if (at == 0 || (tag[at - 1] != ' ' && tag[at - 1] != '\n') || equals + 1 >= tag.size() ||
            tag[equals] != '=') {
            continue;
        }
        const std::size_t close = tag.find(tag[equals + 1], equals + 2);
        return tag.substr(equals + 2, close == none ? 0 : close - equals - 2);
    }
    return {};
}

}  // namespace isthmus::bench
