// Header lines; see sip_headers.h.
#include "load/sip_headers.h"

#include <algorithm>

namespace isthmus::bench {

namespace {

constexpr auto none = std::string_view::npos;

bool is_name(std::string_view line, std::string_view long_name, char compact) {
    const std::size_t colon = line.find(':');
    if (colon == 1) {
        return (line[0] | 0x20) == compact;
    }
    return colon == long_name.size() &&
           std::equal(long_name.begin(), long_name.end(), line.begin(), [](char a, char b) {
               return (a | 0x20) == (b | 0x20);
           });
}

void take_number(std::string_view line, std::size_t& into) {
    const std::string_view value = value_of(line);
    std::from_chars(value.data(), value.data() + value.size(), into);
}

}  // namespace

std::string_view value_of(std::string_view line) {
    line.remove_prefix(line.find(':') + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
        line.remove_prefix(1);
    }
    return line;
}

std::string_view uri_of(std::string_view line) {
    const std::size_t open = line.find('<');
    const std::size_t close = line.find('>', open);
    return close == none ? value_of(line) : line.substr(open + 1, close - open - 1);
}

std::string_view tag_of(std::string_view line) {
    constexpr std::string_view name = ";tag=";
    const std::size_t at = line.find(name);
    if (at == none) {
        return {};
    }
    const std::string_view rest = line.substr(at + name.size());
    return rest.substr(0, rest.find(';'));
}

std::string_view SipHeaders::branch() const {
    constexpr std::string_view name = ";branch=z9hG4bK";
    const std::size_t at = via_count == 0 ? none : vias[0].find(name);
    return at == none ? std::string_view() : vias[0].substr(at + name.size());
}

std::string_view SipHeaders::method() const {
    return cseq.substr(cseq.rfind(' ') + 1);
}

void SipHeaders::take(std::string_view line) {
    switch (line.empty() ? '\0' : line[0] | 0x20) {
        case 'v':
            if (is_name(line, "via", 'v') && via_count < vias.size()) {
                vias[via_count++] = line;
            }
            break;
        case 'f':
            if (is_name(line, "from", 'f')) {
                from = line;
            }
            break;
        case 't':
            if (is_name(line, "to", 't')) {
                to = line;
            }
            break;
        case 'i':
            if (is_name(line, "", 'i')) {
                call_id = line;
            }
            break;
        case 'c':
            if (is_name(line, "call-id", 'i')) {
                call_id = line;
            } else if (is_name(line, "cseq", '\0')) {
                cseq = line;
            } else if (is_name(line, "contact", 'm')) {
                contact = line;
            } else if (is_name(line, "content-length", 'l')) {
                take_number(line, content_length);
            }
            break;
        case 'm':
            if (is_name(line, "", 'm')) {
                contact = line;
            }
            break;
        case 'l':
            if (is_name(line, "", 'l')) {
                take_number(line, content_length);
            }
            break;
        case 'e':
            if (is_name(line, "expires", '\0')) {
                take_number(line, expires);
            }
            break;
        default:
            break;
    }
}

}  // namespace isthmus::bench
