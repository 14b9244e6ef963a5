#include "sip/request_names.h"

namespace isthmus::sip {

namespace {

/// A Via comes first, so that the name begins a line.
std::string_view value_of(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) {
        return {};
    }
    head.remove_prefix(at + name.size());
    return head.substr(0, head.find("\r\n"));
}

/// A display name may hold "<" in quotes, a URI never.
std::string_view uri_in(std::string_view value) {
    const std::size_t end = value.rfind('>');
    if (end == std::string_view::npos) {
        return value.substr(0, value.find(';'));
    }
    value = value.substr(0, end);
    return value.substr(value.rfind('<') + 1);
}

}  // namespace

IncomingRequest::Names names_in(std::string_view head) {
    return {.from = uri_in(value_of(head, "\r\nFrom: ")),
            .to = uri_in(value_of(head, "\r\nTo: ")),
            .call_id = value_of(head, "\r\nCall-ID: ")};
}

}  // namespace isthmus::sip
