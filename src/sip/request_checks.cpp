#include "sip/request_checks.h"

#include "base/text.h"
#include "sip/grammar.h"

#include <algorithm>
#include <string>

namespace isthmus::sip {

namespace {

using text::iequals;

// Takes the next element off a comma-separated list; false at its end. Commas in quoted strings do
// not divide.
bool next_element(std::string_view& list, std::string_view& element) {
    if (list.empty()) {
        return false;
    }
    std::size_t at = 0;
    while (at < list.size() && list[at] != ',') {
        const std::size_t quoted =
            list[at] == '"' ? grammar::skip_quoted(list, at) : std::string_view::npos;
        at = quoted == std::string_view::npos ? at + 1 : quoted;
    }
    element = text::trim(list.substr(0, at));
    list.remove_prefix(std::min(at + 1, list.size()));
    return true;
}

// Calls `visit` for every element of every field of that id.
template <class Visit>
void for_each_element(const Request& request, HeaderId id, Visit visit) {
    for (const HeaderField& field : request.headers) {
        if (field.id != id) {
            continue;
        }
        std::string_view left = field.value;
        std::string_view element;
        while (next_element(left, element)) {
            if (!element.empty()) {
                visit(element);
            }
        }
    }
}

std::string_view join_methods(const Abilities& us, Arena& arena) {
    std::string list;
    for (const Method method : us.methods) {
        list.append(list.empty() ? "" : ", ").append(method_name(method));
    }
    return arena.copy(list);
}

Refusal refuse(int status) {
    return {.status = status};
}

Refusal refuse(int status, std::string_view name, std::string_view value) {
    return {.status = status, .headers = {OutgoingHeader{name, value}}, .header_count = 1};
}

// RFC 3261 §8.2.2.3. We sit at the end of the path, so what proxies must understand (Proxy-Require)
// is not asked of us.
std::string_view unsupported_extensions(const Request& request, const Abilities& us, Arena& arena) {
    std::string list;
    for_each_element(request, HeaderId::Require, [&](std::string_view tag) {
        const bool is_known = std::ranges::any_of(
            us.option_tags, [&](std::string_view known) { return iequals(known, tag); });
        if (!is_known) {
            list.append(list.empty() ? "" : ", ").append(tag);
        }
    });
    return arena.copy(list);
}

// RFC 3261 §8.2.3: we undo no content coding.
bool is_encoded(const Request& request) {
    bool encoded = false;
    for_each_element(request, HeaderId::ContentEncoding, [&](std::string_view coding) {
        encoded = encoded || !iequals(coding, "identity");
    });
    return encoded;
}

bool accepts_sdp(const Request& request) {
    if (request.count(HeaderId::Accept) == 0) {
        return true;
    }
    bool accepts = false;
    for_each_element(request, HeaderId::Accept, [&](std::string_view range) {
        const std::string_view type = text::trim(range.substr(0, range.find(';')));
        accepts = accepts || iequals(type, "application/sdp") || iequals(type, "application/*") ||
                  type == "*/*";
    });
    return accepts;
}

// A body that nobody could read is refused before the method is: RFC 4475 §3.3.6 and §3.3.15.
std::optional<Refusal> check_invite(const Request& request) {
    // RFC 4475 §3.4.1: a caller of RFC 2543, with whom no dialog could be told from another.
    if (!request.from.tag()) {
        return Refusal{.status = 400, .reason = "From: no tag"};
    }
    constexpr std::string_view kSdp = "application/sdp";
    if (!request.body.empty()) {
        const auto type = parse_media_type(request.content_type);
        if (!type || !type->is("application", "sdp")) {
            return refuse(415, "Accept", kSdp);
        }
    }
    if (!accepts_sdp(request)) {
        return refuse(406);
    }
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_request(const Request& request, const Abilities& us, Arena& arena) {
    // RFC 3261 §8.2.2.1; RFC 3428 §5: a MESSAGE may name an im URI.
    const bool is_im = request.method == Method::Message && text::iequals(request.uri.scheme, "im");
    if (!request.uri.is_sip() && !request.uri.is_sips() && !is_im) {
        return refuse(416);
    }
    // RFC 3261 §8.2.1, §21.5.2.
    if (request.method == Method::Other) {
        return refuse(501, "Allow", join_methods(us, arena));
    }
    // RFC 3261 §16.3 and RFC 7332 §5: a gateway counts hops as a proxy does.
    if (request.max_forwards == 0U) {
        return refuse(483);
    }
    if (const auto missing = unsupported_extensions(request, us, arena); !missing.empty()) {
        return refuse(420, "Unsupported", missing);
    }
    if (is_encoded(request)) {
        return refuse(415, "Accept-Encoding", "identity");
    }
    if (request.method == Method::Invite) {
        if (auto refusal = check_invite(request)) {
            return refusal;
        }
    }
    // RFC 3261 §21.4.6.
    if (std::ranges::find(us.methods, request.method) == us.methods.end()) {
        return refuse(405, "Allow", join_methods(us, arena));
    }
    return std::nullopt;
}

Refusal refusal_of(const ParseResult& result, const Abilities& us, Arena& arena) {
    Refusal refusal = result.status == 501 ? refuse(501, "Allow", join_methods(us, arena))
                                           : refuse(result.status);
    refusal.reason = result.reason;
    return refusal;
}

std::span<const OutgoingHeader> capability_headers(const Abilities& us, Arena& arena) {
    std::string tags;
    for (const std::string_view tag : us.option_tags) {
        tags.append(tags.empty() ? "" : ", ").append(tag);
    }
    using Headers = std::array<OutgoingHeader, 4>;
    const auto* headers = arena.make<Headers>(Headers{
        OutgoingHeader{"Allow", join_methods(us, arena)},
        OutgoingHeader{"Accept", us.accept},
        OutgoingHeader{"Supported", arena.copy(tags)},
        OutgoingHeader{"Allow-Events", us.allow_events},
    });
    return std::span(*headers).first(us.allow_events.empty() ? 3 : 4);
}

}  // namespace isthmus::sip
