#include "sip/dialog.h"

#include "base/text.h"
#include "sip/event_usage.h"
#include "sip/grammar.h"
#include "sip/readers.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

namespace isthmus::sip {

namespace {

constexpr std::string_view kFormat = "d1";
constexpr std::string_view kFormatOther = "d2";  // a number more: the document, if it is no PIDF
constexpr std::uint32_t kGreatestDocument = 2;   // PresenceFormat
constexpr std::uint32_t kGreatestCSeq = 0x7FFFFFFF;  // RFC 3261 §8.1.1.5

bool is_sip(const Uri& uri) {
    return uri.is_sip() || uri.is_sips();
}

/// A Request-URI has no header part (RFC 3261 §19.1.1).
std::string_view without_headers(const Uri& uri) {
    return uri.headers.empty() ? uri.text
                               : uri.text.substr(0, uri.text.size() - uri.headers.size() - 1);
}

/// Null if the one Contact was good.
Fault read_target(const Message& message, std::string_view& target) {
    const auto value = message.header(HeaderId::Contact);
    if (!value) {
        return "Contact: missing";
    }
    NameAddr contact;
    std::string_view rest;
    if (Fault fault = read_name_addr(*value, contact, &rest)) {
        return fault;
    }
    if (!is_sip(contact.uri) || !rest.empty() || message.count(HeaderId::Contact) != 1) {
        return "Contact: not one SIP URI";
    }
    target = without_headers(contact.uri);
    return nullptr;
}

struct RouteSet {
    std::string text;          // "<uri>, <uri>", the first one left out if it is strict
    std::string strict_first;  // URI of a first router without lr
};

/// Every Record-Route value in order, with all its parameters.
Fault read_record_routes(const Message& message, std::vector<NameAddr>& routes) {
    std::size_t size = 0;
    for (const HeaderField& field : message.headers) {
        if (field.id != HeaderId::RecordRoute) {
            continue;
        }
        std::string_view rest = field.value;
        while (!rest.empty()) {
            NameAddr route;
            const std::string_view value = rest;
            if (Fault fault = read_name_addr(value, route, &rest)) {
                return fault;
            }
            if (!is_sip(route.uri)) {
                return "Record-Route: not a SIP URI";
            }
            size += route.uri.text.size() + route.params.size();
            if (size > Dialog::kMaxText) {
                return "Record-Route: too long";
            }
            routes.push_back(route);
        }
    }
    return nullptr;
}

/// RFC 3261 §12.1.1: in the order of a request; §12.1.2: a response has them from the far end.
Fault read_route_set(const Message& message, bool is_response, RouteSet& routes) {
    std::vector<NameAddr> values;
    if (Fault fault = read_record_routes(message, values)) {
        return fault;
    }
    if (is_response) {
        std::ranges::reverse(values);
    }
    for (const NameAddr& route : values) {
        if (&route == &values.front() && !route.uri.param("lr")) {
            routes.strict_first = without_headers(route.uri);
        } else {
            routes.text.append(routes.text.empty() ? "<" : ", <").append(route.uri.text);
            routes.text.append(route.params.empty() ? ">" : ">;").append(route.params);
        }
    }
    return nullptr;
}

/// RFC 3261 §12.2.1.1: to a strict router the target goes as the last Route.
std::string route_behind_strict(std::string_view routes, std::string_view target) {
    std::string text(routes);
    return text.append(text.empty() ? "<" : ", <").append(target).append(">");
}

/// A number at the start of `text`, which moves behind it and one blank or line end.
bool take_number(std::string_view& text, std::uint32_t& number) {
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    const bool is_good = grammar::parse_u32(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
    return is_good;
}

}  // namespace

std::optional<Dialog> Dialog::start(const DialogStart& start) {
    Dialog made;
    const bool fits = made.assign({start.call_id,
                                   start.local_tag,
                                   start.local,
                                   start.remote,
                                   start.target,
                                   {},
                                   start.sip_domain,
                                   start.event});
    return fits ? std::optional(std::move(made)) : std::nullopt;
}

const char* Dialog::establish(const Request& request) {
    if (!request.from.tag() || request.from.tag()->empty()) {
        return "From: no tag";
    }
    return establish(request, request.from, false);
}

const char* Dialog::establish(const Response& response) {
    if (!response.to.tag() || response.to.tag()->empty()) {
        return "To: no tag";
    }
    return establish(response, response.to, true);
}

const char* Dialog::establish(const Message& message, const NameAddr& peer, bool is_response) {
    const std::string_view tag = *peer.tag();
    std::string_view target;
    if (Fault fault = read_target(message, target)) {
        return fault;
    }
    RouteSet routes;
    if (Fault fault = read_route_set(message, is_response, routes)) {
        return fault;
    }
    const bool is_strict = !routes.strict_first.empty();
    std::string remote("<");
    remote.append(peer.uri.text).append(">");
    // Which of a user's endpoints it is, to servers of the Lync kind ([MS-SIPRE] §2.2.1).
    if (const auto epid = find_param(peer.params, "epid"); epid && !epid->empty()) {
        remote.append(";epid=").append(*epid);
    }
    remote.append(";tag=").append(tag);
    if (is_strict) {
        routes.text = route_behind_strict(routes.text, target);
    }
    Parts changed = parts();
    changed[Remote] = remote;
    changed[Route] = routes.text;
    changed[RequestUri] = is_strict ? std::string_view(routes.strict_first) : target;
    if (!assign(changed)) {
        return "headers too long for a dialog";
    }
    is_strict_ = is_strict;
    remote_tag_size_ = static_cast<std::uint16_t>(tag.size());
    return nullptr;
}

void Dialog::refresh_target(const Request& request) {
    const std::string_view known = target();
    const std::string_view contact = request.header(HeaderId::Contact).value_or("");
    if (contact.size() > known.size() + 1 && contact.front() == '<' &&
        contact[known.size() + 1] == '>' && contact.substr(1, known.size()) == known) {
        return;  // as nearly always
    }
    std::string_view fresh;
    if (read_target(request, fresh) != nullptr || fresh == known) {
        return;
    }
    Parts changed = parts();
    std::string route;
    if (is_strict_) {
        const std::string_view others = changed[Route].substr(0, changed[Route].rfind('<'));
        route = route_behind_strict(others.substr(0, others.rfind(',')), fresh);
        changed[Route] = route;
    } else {
        changed[RequestUri] = fresh;
    }
    assign(changed);
}

std::string_view Dialog::target() const {
    if (!is_strict_) {
        return request_uri();
    }
    const std::string_view routes = route();
    const std::size_t start = routes.rfind('<') + 1;
    return routes.substr(start, routes.size() - start - 1);
}

std::string_view Dialog::remote_tag() const {
    const std::string_view whole = remote();
    return whole.substr(whole.size() - remote_tag_size_);
}

std::string_view Dialog::next_hop() const {
    const std::string_view routes = route();
    return routes.empty() || is_strict_ ? request_uri() : routes.substr(1, routes.find('>') - 1);
}

std::string_view Dialog::event() const {
    const std::string_view own = part(Event);
    return own.empty() ? kPresencePackage : own;
}

std::string_view Dialog::part(Part which) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < which; ++i) {
        at += sizes_[i];
    }
    return {text_.get() + at, sizes_[which]};
}

std::size_t Dialog::text_size() const {
    std::size_t size = 0;
    for (const std::uint16_t each : sizes_) {
        size += each;
    }
    return size;
}

Dialog::Parts Dialog::parts() const {
    Parts all;
    const char* at = text_.get();
    for (std::size_t i = 0; i < kParts; ++i) {
        all[i] = {at, sizes_[i]};
        at += sizes_[i];
    }
    return all;
}

/// Makes the block anew; `parts` may be views into the old one. False: too long, nothing changed.
bool Dialog::assign(const Parts& parts) {
    std::size_t size = 0;
    for (const std::string_view each : parts) {
        size += each.size();
    }
    if (size > kMaxText) {
        return false;
    }
    std::unique_ptr<char[]> text(new char[size]);
    char* at = text.get();
    for (std::size_t i = 0; i < kParts; ++i) {
        at += parts[i].copy(at, parts[i].size());
        sizes_[i] = static_cast<std::uint16_t>(parts[i].size());
    }
    text_ = std::move(text);
    return true;
}

/// Numbers in one line, then the block.
std::string Dialog::save() const {
    std::string saved(document == 0 ? kFormat : kFormatOther);
    const auto add = [&](std::uint32_t number) {
        saved.append(" ").append(std::to_string(number));
    };
    add(local_cseq);
    add(remote_cseq);
    add(is_strict_ ? 1 : 0);
    add(remote_tag_size_);
    if (document != 0) {
        add(document);
    }
    for (const std::uint16_t size : sizes_) {
        add(size);
    }
    return saved.append("\n").append(text_.get(), text_size());
}

std::optional<Dialog> Dialog::load(std::string_view saved) {
    const std::size_t line = saved.find('\n');
    const bool has_document = saved.starts_with(kFormatOther);
    if (line == std::string_view::npos || (!saved.starts_with(kFormat) && !has_document) ||
        saved.size() - line - 1 > kMaxText) {
        return std::nullopt;
    }
    std::string_view numbers = saved.substr(0, line);
    numbers.remove_prefix(std::min(kFormat.size() + 1, numbers.size()));
    Dialog made;
    std::uint32_t is_strict = 0;
    std::uint32_t tag = 0;
    if (!take_number(numbers, made.local_cseq) || !take_number(numbers, made.remote_cseq) ||
        !take_number(numbers, is_strict) || !take_number(numbers, tag)) {
        return std::nullopt;
    }
    std::uint32_t document = 0;
    if (has_document && (!take_number(numbers, document) || document > kGreatestDocument)) {
        return std::nullopt;
    }
    made.document = static_cast<std::uint8_t>(document);
    std::string_view rest = saved.substr(line + 1);
    Parts parts;
    for (std::string_view& part : parts) {
        std::uint32_t size = 0;
        if (!take_number(numbers, size) || size > rest.size()) {
            return std::nullopt;
        }
        part = rest.substr(0, size);
        rest.remove_prefix(size);
    }
    const bool is_whole = numbers.empty() && rest.empty() && tag <= parts[Remote].size() &&
                          !parts[RequestUri].empty() && is_strict <= 1 &&
                          made.local_cseq <= kGreatestCSeq &&
                          (is_strict == 0 || parts[Route].ends_with('>'));
    if (!is_whole || !made.assign(parts)) {
        return std::nullopt;
    }
    made.is_strict_ = is_strict == 1;
    made.remote_tag_size_ = static_cast<std::uint16_t>(tag);
    return made;
}

}  // namespace isthmus::sip
