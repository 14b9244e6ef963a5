#include "sip/parser.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/head_reader.h"
#include "sip/readers.h"

#include <array>

namespace isthmus::sip {

namespace {

using text::iequals;

void clear(Message& message) {
    message.headers.clear();
    message.via = {};
    message.via_rest = {};
    message.from = {};
    message.to = {};
    message.call_id = {};
    message.cseq = {};
    message.content_length.reset();
    message.content_type = {};
    message.body = {};
}

// What the head says, field by field.
class Reader {
  public:
    Reader(std::string_view octets,
           Framing framing,
           Arena& arena,
           MessageSlots& into,
           const ParseLimits& limits)
        : framing_(framing),
          slots_(into),
          limits_(limits),
          blame_(arena),
          head_(octets, arena, limits, blame_) {
        if (octets.size() > limits.octets) {
            blame_.set(513, standard_reason(513));
        }
    }

    ParseResult read();

  private:
    void choose_slot(bool is_response);
    void read_request_line(std::string_view line);
    void read_status_line(std::string_view line);
    void read_fields();
    void read_field(const HeaderField& field);
    void read_vias(const HeaderField& field, bool is_first);
    void read_contacts(const HeaderField& field);
    void require_headers();
    void take_body();
    ParseResult refusal();

    Framing framing_;
    MessageSlots& slots_;
    const ParseLimits& limits_;
    Blame blame_;
    HeadReader head_;
    Message* message_ = nullptr;
    Request* request_ = nullptr;  ///< null for a response
    std::size_t vias_ = 0;
};

// RFC 3261 §7.1: one SP each between the three parts.
void Reader::read_request_line(std::string_view line) {
    Request& request = *request_;
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == last) {
        blame_.set(400, "Malformed request line");
        return;
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view version = line.substr(last + 1);
    if (!grammar::is_token(method)) {
        blame_.set(400, "Malformed method");
        return;
    }
    request.method_text = method;
    request.method = method_of(method);
    if (version != "SIP/2.0" && !iequals(version, "SIP/2.0")) {
        const bool is_sip = text::istarts_with(version, "SIP/");
        blame_.set(is_sip ? 505 : 400, is_sip ? standard_reason(505) : "Malformed request line");
        return;
    }
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (Fault fault = read_uri(target, request.uri)) {
        blame_.set_field("Request-URI", fault);
    } else if (!request.uri.headers.empty()) {
        // RFC 3261 §19.1.1 table 1, RFC 4475 §3.1.2.11.
        blame_.set(400, "Request-URI with header part");
    }
}

// RFC 3261 §7.2. The reason phrase may be empty; a missing blank before it is forgiven.
void Reader::read_status_line(std::string_view line) {
    Response& response = slots_.response;
    if (!iequals(line.substr(0, 8), "SIP/2.0 ")) {
        blame_.set(505, "Response of an unknown protocol version");
        return;
    }
    const std::string_view rest = line.substr(8);
    const bool is_status = rest.size() >= 3 && rest[0] >= '1' && rest[0] <= '6' &&
                           text::is_digit(rest[1]) && text::is_digit(rest[2]) &&
                           (rest.size() == 3 || rest[3] == ' ');
    if (!is_status) {
        blame_.set(400, "Malformed status line");
        return;
    }
    response.status = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
    response.reason = rest.size() > 4 ? rest.substr(4) : std::string_view();
}

void Reader::read_fields() {
    std::array<bool, kHeaderIds> done{};
    for (const HeaderField& field : message_->headers) {
        const auto id = static_cast<std::size_t>(field.id);
        if (field.id == HeaderId::Via) {
            read_vias(field, !done[id]);
        } else if (field.id == HeaderId::Contact) {
            read_contacts(field);
        } else if (is_single(field.id) && !done[id]) {
            read_field(field);
        }
        done[id] = true;
    }
}

void Reader::read_field(const HeaderField& field) {
    Message& message = *message_;
    Fault fault = nullptr;
    switch (field.id) {
        case HeaderId::From:
            fault = read_name_addr(field.value, message.from, nullptr);
            break;
        case HeaderId::To:
            fault = read_name_addr(field.value, message.to, nullptr);
            break;
        case HeaderId::CallId:
            // Opaque to us: any visible ASCII will do.
            message.call_id = field.value;
            for (const char c : field.value) {
                fault = c <= ' ' || c == 0x7F ? "illegal octet" : fault;
            }
            fault = field.value.empty() ? "empty" : fault;
            break;
        case HeaderId::CSeq:
            fault = read_cseq(field.value, message.cseq);
            break;
        case HeaderId::ContentLength: {
            std::uint32_t length = 0;
            if (grammar::parse_u32(field.value, length)) {
                message.content_length = length;
            } else {
                fault = "not a number";
            }
            break;
        }
        case HeaderId::ContentType:
            message.content_type = field.value;
            break;
        case HeaderId::MaxForwards: {
            std::uint32_t hops = 0;
            // RFC 3261 §20.22: 0 to 255.
            if (!grammar::parse_u32(field.value, hops) || hops > 255) {
                fault = "not a number from 0 to 255";
            } else if (request_ != nullptr) {
                request_->max_forwards = hops;
            }
            break;
        }
        default:
            break;
    }
    if (fault != nullptr) {
        blame_.set_field(header_name(field.id), fault);
    }
}

void Reader::read_vias(const HeaderField& field, bool is_first) {
    std::string_view left = field.value;
    do {
        std::string_view rest;
        Via lower;
        const bool is_top = is_first && vias_ == 0;
        Via& via = is_top ? message_->via : lower;
        if (Fault fault = read_via(left, via, &rest)) {
            blame_.set_field("Via", fault);
            return;
        }
        if (is_top) {
            message_->via_rest = rest;
            // RFC 4475 §3.2.1: the cookie alone identifies nothing.
            if (via.branch.size() == 7 && via.has_magic_cookie()) {
                blame_.set_field("Via", "empty branch");
            }
        }
        if (++vias_ > limits_.vias) {
            blame_.set(400, "Too many Via values");
            return;
        }
        left = rest;
    } while (!left.empty());
}

// A MESSAGE has no use for its Contact (RFC 3428 §4); elsewhere it must be good, for its URI will
// be used.
void Reader::read_contacts(const HeaderField& field) {
    if (request_ == nullptr || request_->method == Method::Message || field.value == "*") {
        return;
    }
    std::string_view left = field.value;
    do {
        NameAddr contact;
        std::string_view rest;
        if (Fault fault = read_name_addr(left, contact, &rest)) {
            blame_.set_field("Contact", fault);
            return;
        }
        left = rest;
    } while (!left.empty());
}

// RFC 3261 §8.1.1, but for Max-Forwards, which RFC 2543 did not know.
void Reader::require_headers() {
    for (const HeaderId id :
         {HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq}) {
        if (head_.count(id) == 0) {
            blame_.set_field(header_name(id), "missing");
        }
    }
    if (request_ != nullptr && !blame_.is_set() && message_->cseq.method != request_->method_text) {
        // RFC 4475 §3.1.2.18: an unknown method is the greater fault.
        const bool is_known = request_->method != Method::Other;
        blame_.set(is_known ? 400 : 501,
                   is_known ? "CSeq of another method" : standard_reason(501));
    }
}

// RFC 3261 §18.3.
void Reader::take_body() {
    const std::string_view left = head_.rest();
    if (!message_->content_length) {
        message_->body = left;
        if (framing_ == Framing::Stream) {
            blame_.set_field("Content-Length", "missing");
        }
    } else if (*message_->content_length > left.size()) {
        blame_.set_field("Content-Length", "beyond the end of the message");
    } else {
        // Octets behind a datagram's message mean nothing; on a stream the framer has not left any.
        if (framing_ == Framing::Stream && *message_->content_length != left.size()) {
            blame_.set_field("Content-Length", "not the length of the body");
        }
        message_->body = left.substr(0, *message_->content_length);
    }
}

// The message is bad. An answer needs a Via that tells where it should go; ACK and responses never
// get one (RFC 3261 §17.1.1.3, §8.1.3.3).
ParseResult Reader::refusal() {
    ParseResult discard{ParseResult::Kind::Discard, 0, blame_.what()};
    if (request_ == nullptr || request_->method == Method::Ack) {
        return discard;
    }
    if (request_->via.host.empty()) {
        const auto top = request_->header(HeaderId::Via);
        request_->via = {};
        if (!top || !salvage_via(*top, request_->via)) {
            return discard;
        }
    }
    return {ParseResult::Kind::Refuse, blame_.status(), blame_.what()};
}

void Reader::choose_slot(bool is_response) {
    if (is_response) {
        message_ = &slots_.response;
        slots_.response.status = 0;
        slots_.response.reason = {};
    } else {
        message_ = request_ = &slots_.request;
        request_->method = Method::Other;
        request_->method_text = {};
        request_->uri = {};
        request_->max_forwards.reset();
    }
    clear(*message_);
}

ParseResult Reader::read() {
    const std::string_view line = head_.read_start_line();
    const bool is_response = text::istarts_with(line, "SIP/");
    choose_slot(is_response);
    is_response ? read_status_line(line) : read_request_line(line);
    head_.read_fields(message_->headers);
    read_fields();
    require_headers();
    take_body();
    if (blame_.is_set()) {
        return refusal();
    }
    return {is_response ? ParseResult::Kind::Response : ParseResult::Kind::Request, 0, {}};
}

}  // namespace

ParseResult parse_message(std::string_view octets,
                          Framing framing,
                          Arena& arena,
                          MessageSlots& into,
                          const ParseLimits& limits) {
    // RFC 3261 §7.5.
    while (octets.starts_with("\r\n")) {
        octets.remove_prefix(2);
    }
    // COMPAT(libpurple 2.14 SIMPLE, 2026-11): a zero octet keeps the way through a NAT open.
    const bool is_zero = framing == Framing::Datagram && octets == std::string_view("\0", 1);
    if (octets.empty() || is_zero) {
        return {ParseResult::Kind::KeepAlive, 0, {}};
    }
    return Reader(octets, framing, arena, into, limits).read();
}

}  // namespace isthmus::sip
