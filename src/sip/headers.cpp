#include "sip/headers.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/readers.h"

#include <cstddef>

namespace isthmus::sip {

namespace {

using grammar::Param;
using grammar::skip;
using grammar::skip_blanks;
using grammar::Step;
using text::iequals;

}  // namespace

std::optional<std::string_view> find_param(std::string_view params, std::string_view name) {
    std::size_t at = skip_blanks(params, 0);
    if (at < params.size() && params[at] == ';') {
        ++at;
    }
    Param param;
    while (grammar::read_param(params, at, param)) {
        if (iequals(param.name, name)) {
            return param.value;
        }
        at = skip_blanks(params, at);
        if (at >= params.size() || params[at] != ';') {
            break;
        }
        ++at;
    }
    return std::nullopt;
}

namespace {

// What follows the last parameter: nothing, or a comma if the caller takes lists.
Fault finish_value(std::string_view value, std::size_t at, Step step, std::string_view* rest) {
    if (step == Step::Broken) {
        return "malformed header parameter";
    }
    if (step == Step::Comma) {
        if (rest == nullptr) {
            return "more than one value in a header that takes one";
        }
        *rest = value.substr(skip_blanks(value, at + 1));
        return rest->empty() ? "empty value in a list" : nullptr;
    }
    if (rest != nullptr) {
        *rest = {};
    }
    return nullptr;
}

// Walks over the parameters at `at`; `once` may not occur twice, its value goes to `found`.
Fault read_params(std::string_view value,
                  std::size_t at,
                  std::string_view once,
                  std::string_view& found,
                  std::string_view& params,
                  std::string_view* rest) {
    const std::size_t start = skip_blanks(value, at);
    std::size_t end = start;
    at = start;
    bool was_found = false;
    Param param;
    Step step = Step::End;
    while ((step = grammar::next_param(value, at, param)) == Step::Param) {
        end = at;
        if (grammar::is_word(param.name, once)) {
            if (was_found || !grammar::is_token(param.value)) {
                return was_found ? "parameter given twice" : "malformed header parameter";
            }
            was_found = true;
            found = param.value;
        }
    }
    if (end != start) {
        const std::size_t first = skip_blanks(value, start + 1);
        params = value.substr(first, end - first);
    }
    return finish_value(value, at, step, rest);
}

}  // namespace

Fault read_name_addr(std::string_view value, NameAddr& address, std::string_view* rest) {
    std::size_t at = skip_blanks(value, 0);
    const std::size_t start = at;
    if (at < value.size() && value[at] == '"') {
        at = grammar::skip_quoted(value, at);
        if (at == std::string_view::npos) {
            return "display name without closing quote";
        }
        address.display = value.substr(start, at - start);
        at = skip_blanks(value, at);
    } else {
        at = skip(value, at, grammar::kDisplay);
    }
    Fault fault = nullptr;
    if (at < value.size() && value[at] == '<') {
        if (address.display.empty()) {
            address.display = text::trim(value.substr(start, at - start));
        }
        const std::size_t close = value.find('>', at);
        if (close == std::string_view::npos) {
            return "address without closing bracket";
        }
        fault = read_uri(value.substr(at + 1, close - at - 1), address.uri);
        at = close + 1;
    } else if (!address.display.empty()) {
        return "display name without address";
    } else {
        // RFC 3261 §20: without brackets ';' ends the URI; '?' and ',' cannot be part of it.
        at = std::min(value.find_first_of(";, \t?<>\"", start), value.size());
        fault = at < value.size() && value[at] == '?'
                    ? "URI with header part and without brackets"
                    : read_uri(value.substr(start, at - start), address.uri);
    }
    if (fault != nullptr) {
        return fault;
    }
    std::string_view tag;
    return read_params(value, at, "tag", tag, address.params, rest);
}

Result<NameAddr> parse_name_addr(std::string_view value, std::string_view* rest) {
    NameAddr address;
    if (Fault fault = read_name_addr(value, address, rest)) {
        return make_error(ErrorKind::Syntax, fault);
    }
    return address;
}

namespace {

// RFC 3261 §25.1 sent-protocol, with the white space around its slashes. False unless it is there
// in some version; `is_ours` tells whether the version is SIP/2.0.
bool read_protocol(std::string_view value,
                   std::size_t& at,
                   std::string_view& transport,
                   bool& ours) {
    const auto part = [&](std::string_view& to) {
        at = skip_blanks(value, at);
        const std::size_t start = at;
        at = skip(value, at, grammar::kToken);
        to = value.substr(start, at - start);
        return !to.empty();
    };
    const auto slash = [&] {
        at = skip_blanks(value, at);
        return at < value.size() && value[at++] == '/';
    };
    std::string_view name;
    std::string_view version;
    if (!part(name) || !slash() || !part(version) || !slash() || !part(transport)) {
        return false;
    }
    ours = version == "2.0" && grammar::is_word(name, "sip");
    return true;
}

bool read_sent_by(std::string_view value, std::size_t& at, Via& via) {
    const std::size_t host = skip_blanks(value, at);
    if (host == at) {
        return false;
    }
    at = host;
    std::string_view found;
    if (!grammar::parse_host(value, at, found)) {
        return false;
    }
    via.host = found;
    const std::size_t colon = skip_blanks(value, at);
    if (colon < value.size() && value[colon] == ':') {
        at = skip_blanks(value, colon + 1);
        return grammar::parse_port(value, at, via.port);
    }
    return true;
}

}  // namespace

Fault read_via(std::string_view value, Via& via, std::string_view* rest) {
    std::size_t at = 0;
    bool is_ours = false;
    if (!read_protocol(value, at, via.transport, is_ours) || !read_sent_by(value, at, via)) {
        return "malformed Via";
    }
    if (!is_ours) {
        return "Via of an unknown protocol version";
    }
    return read_params(value, at, "branch", via.branch, via.params, rest);
}

bool salvage_via(std::string_view value, Via& via) {
    std::size_t at = 0;
    bool is_ours = false;
    return read_protocol(value, at, via.transport, is_ours) && read_sent_by(value, at, via);
}

Result<Via> parse_via(std::string_view value, std::string_view* rest) {
    Via via;
    if (Fault fault = read_via(value, via, rest)) {
        return make_error(ErrorKind::Syntax, fault);
    }
    return via;
}

Fault read_cseq(std::string_view value, CSeq& cseq) {
    std::size_t at = 0;
    while (at < value.size() && text::is_digit(value[at])) {
        ++at;
    }
    const std::size_t method = skip_blanks(value, at);
    if (method == at || !grammar::parse_u32(value.substr(0, at), cseq.number) ||
        !grammar::is_token(value.substr(method))) {
        return "malformed CSeq";
    }
    cseq.method = value.substr(method);
    return nullptr;
}

Result<CSeq> parse_cseq(std::string_view value) {
    CSeq cseq;
    if (Fault fault = read_cseq(value, cseq)) {
        return make_error(ErrorKind::Syntax, fault);
    }
    return cseq;
}

bool MediaType::is(std::string_view t, std::string_view s) const {
    return iequals(type, t) && iequals(subtype, s);
}

std::optional<std::string_view> MediaType::param(std::string_view name) const {
    const auto value = find_param(params, name);
    const bool is_quoted = value && value->size() >= 2 && value->front() == '"';
    if (!is_quoted || value->find('\\') != std::string_view::npos) {
        return value;
    }
    return value->substr(1, value->size() - 2);
}

Result<MediaType> parse_media_type(std::string_view value) {
    MediaType media;
    std::size_t at = skip(value, 0, grammar::kToken);
    media.type = value.substr(0, at);
    at = skip_blanks(value, at);
    if (media.type.empty() || at >= value.size() || value[at] != '/') {
        return make_error(ErrorKind::Syntax, "malformed media type");
    }
    const std::size_t subtype = skip_blanks(value, at + 1);
    at = skip(value, subtype, grammar::kToken);
    media.subtype = value.substr(subtype, at - subtype);
    std::string_view unused;
    Fault fault = media.subtype.empty() ? "malformed media type"
                                        : read_params(value, at, {}, unused, media.params, nullptr);
    if (fault != nullptr) {
        return make_error(ErrorKind::Syntax, fault);
    }
    return media;
}

}  // namespace isthmus::sip
