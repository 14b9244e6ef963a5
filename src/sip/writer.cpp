#include "sip/writer.h"

#include "base/text.h"
#include "sip/grammar.h"

#include <array>

namespace isthmus::sip {

namespace {

using grammar::Param;

// Longest text form of an IPv6 address is 45 characters.
using AddressText = std::array<char, 48>;

std::string_view write_address(const net::IpAddress& address, AddressText& to) {
    if (!address.is_v4()) {
        const std::string text = address.to_string();
        return {to.data(), text.copy(to.data(), to.size())};
    }
    char* at = to.data();
    for (const char octet : address.octets()) {
        const unsigned value = static_cast<unsigned char>(octet);
        if (value >= 100) {
            *at++ = static_cast<char>('0' + value / 100);
        }
        if (value >= 10) {
            *at++ = static_cast<char>('0' + value / 10 % 10);
        }
        *at++ = static_cast<char>('0' + value % 10);
        *at++ = '.';
    }
    return {to.data(), static_cast<std::size_t>(at - to.data()) - 1};
}

bool is_same_host(std::string_view sent_by, std::string_view source) {
    if (sent_by.starts_with('[')) {
        // Another spelling of the same IPv6 address only costs a needless `received`.
        sent_by = sent_by.substr(1, sent_by.size() - 2);
    }
    return text::iequals(sent_by, source);
}

// RFC 3261 §18.2.1, RFC 3581 §4: what a peer wrote into received and rport is not believed.
void append_top_via(Buffer& to, const Request& request, const net::Endpoint& source) {
    const Via& via = request.via;
    to.append("Via: SIP/2.0/");
    append_value(to, via.transport);
    to.append(' ');
    append_value(to, via.host);
    if (via.port != 0) {
        to.append(':').append_number(via.port);
    }
    bool wants_port = false;
    std::size_t at = 0;
    Param param;
    for (bool more = grammar::read_param(via.params, at, param); more;) {
        const bool is_rport = grammar::is_word(param.name, "rport");
        wants_port = wants_port || is_rport;
        if (!is_rport && !grammar::is_word(param.name, "received")) {
            to.append(';').append(param.name);
            if (param.has_value) {
                to.append('=');
                append_value(to, param.value);
            }
        }
        at = grammar::skip_blanks(via.params, at);
        more = at < via.params.size() && grammar::read_param(via.params, ++at, param);
    }
    AddressText room;
    const std::string_view address = write_address(source.address, room);
    if (wants_port || !is_same_host(via.host, address)) {
        to.append(";received=").append(address);
    }
    if (wants_port) {
        to.append(";rport=").append_number(source.port);
    }
    to.append("\r\n");
    if (!request.via_rest.empty()) {
        append_header(to, "Via", request.via_rest);
    }
}

bool has_tag(const NameAddr& address, std::string_view value) {
    if (!address.uri.text.empty()) {
        return address.tag().has_value();
    }
    // A To that could not be parsed is sent back as it is.
    return !value.empty();
}

void append_body(Buffer& to, std::string_view content_type, std::string_view body) {
    if (!body.empty() && !content_type.empty()) {
        append_header(to, "Content-Type", content_type);
    }
    to.append("Content-Length: ").append_number(body.size()).append("\r\n\r\n").append(body);
}

void append_headers(Buffer& to, std::span<const OutgoingHeader> headers) {
    for (const OutgoingHeader& header : headers) {
        append_header(to, header.name, header.value);
    }
}

}  // namespace

void append_value(Buffer& to, std::string_view value) {
    const char* const end = value.data() + value.size();
    const char* at = value.data();
    for (;;) {
        unsigned unused = 0;
        const char* control = grammar::find_control(at, end, unused);
        to.append({at, static_cast<std::size_t>(control - at)});
        if (control == end) {
            return;
        }
        to.append(' ');
        at = control + 1;
    }
}

void append_header(Buffer& to, std::string_view name, std::string_view value) {
    append_value(to, name);
    to.append(": ");
    append_value(to, value);
    to.append("\r\n");
}

void append_response_head(Buffer& to,
                          const Request& request,
                          const net::Endpoint& source,
                          std::string_view to_tag) {
    bool is_top = true;
    for (const HeaderField& field : request.headers) {
        if (field.id == HeaderId::Via) {
            is_top ? append_top_via(to, request, source) : append_header(to, "Via", field.value);
            is_top = false;
        }
    }
    for (const HeaderId id : {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq}) {
        const auto value = request.header(id);
        if (!value) {
            continue;
        }
        to.append(header_name(id)).append(": ");
        append_value(to, *value);
        if (id == HeaderId::To && !to_tag.empty() && !has_tag(request.to, *value)) {
            to.append(";tag=").append(to_tag);
        }
        to.append("\r\n");
    }
}

void append_response(Buffer& to,
                     std::string_view head,
                     const OutgoingResponse& response,
                     std::string_view server) {
    to.append("SIP/2.0 ").append_number(response.status).append(' ');
    append_value(to, response.reason.empty() ? standard_reason(response.status) : response.reason);
    to.append("\r\n").append(head);
    if (!server.empty()) {
        append_header(to, "Server", server);
    }
    append_headers(to, response.headers);
    append_body(to, response.content_type, response.body);
}

void append_request(Buffer& to, const OutgoingRequest& request, const RequestStamp& stamp) {
    const std::string_view method = method_name(request.method);
    to.append(method).append(' ');
    append_value(to, request.request_uri);
    to.append(" SIP/2.0\r\nVia: SIP/2.0/").append(stamp.transport).append(' ');
    append_value(to, stamp.sent_by);
    to.append(";branch=").append(stamp.branch).append(";rport");
    if (stamp.transport == "TLS") {
        to.append(";alias");  // RFC 5923 §5: the peer may send its requests back on this connection
    }
    to.append("\r\nMax-Forwards: ");
    to.append_number(request.max_forwards).append("\r\nFrom: ");
    append_value(to, request.from);
    to.append(";tag=").append(stamp.from_tag).append("\r\n");
    append_header(to, "To", request.to);
    append_header(to, "Call-ID", stamp.call_id);
    to.append("CSeq: ").append_number(stamp.cseq).append(' ').append(method).append("\r\n");
    if (!stamp.authorization.empty()) {
        append_header(to, "Authorization", stamp.authorization);
    }
    if (!stamp.proxy_authorization.empty()) {
        append_header(to, "Proxy-Authorization", stamp.proxy_authorization);
    }
    if (!stamp.user_agent.empty()) {
        append_header(to, "User-Agent", stamp.user_agent);
    }
    append_headers(to, request.headers);
    append_body(to, request.content_type, request.body);
}

}  // namespace isthmus::sip
