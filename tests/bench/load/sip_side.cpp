// The SIP side of the generator; see sip_side.h. RFC 3261 §18.3 framing, RFC 3428 messages.
#include "load/sip_side.h"

#include <algorithm>
#include <charconv>

namespace isthmus::bench {

namespace {

constexpr std::size_t output_limit = 2U << 20;

}  // namespace

SipSide::SipSide(Loop& loop, Ledgers& ledgers, SSL_CTX* tls, const People& people)
    : loop_(loop),
      ledgers_(ledgers),
      tls_(tls),
      people_(people),
      watches_(ledgers, people),
      sessions_(people) {}

int SipSide::listen(bool is_tls) {
    const int port = loop_.listen([this, is_tls](int socket) {
        Connection& connection = loop_.adopt(socket, false, *this);
        if (is_tls) {
            connection.secure(tls_, Connection::TlsRole::Server, "");
        }
    });
    listening_port_ = port;
    watches_.listen_at(port);
    sessions_.listen_at(port);
    return port;
}

void SipSide::connect(const std::string& address, int port, bool is_tls) {
    Connection& connection = loop_.connect(address, port, *this);
    if (is_tls) {
        connection.secure(tls_, Connection::TlsRole::Client, people_.sip);
    }
    outgoing_.push_back(&connection);
    message_ = request(is_tls);
    typing_ = typing();
}

// Always of the same size: the port is an ephemeral one, so it has five digits.
MessageTemplate SipSide::request(bool is_tls) const {
    std::string text;
    text += "MESSAGE sip:v0000000@" + people_.xmpp + " SIP/2.0\r\nVia: SIP/2.0/";
    text += is_tls ? "TLS" : "TCP";
    text += " 127.0.0.1:" + std::to_string(listening_port_);
    text += ";branch=z9hG4bK0000000000000000\r\nMax-Forwards: 70\r\n";
    text += "From: <sip:u0000000@" + people_.sip + ">;tag=0000000000000000\r\n";
    text += "To: <sip:v0000000@" + people_.xmpp + ">\r\n";
    text += "Call-ID: 0000000000000000@bench\r\nCSeq: 1 MESSAGE\r\n";
    text += "Content-Type: text/plain\r\nContent-Length: ";
    text += std::to_string(body_text.size()) + "\r\n\r\n";
    text += body_text;
    return MessageTemplate(std::move(text));
}

bool SipSide::is_connected() const {
    return !outgoing_.empty() &&
           std::all_of(outgoing_.begin(), outgoing_.end(), [](auto* c) { return c->is_open(); });
}

// RFC 3994; to its gateway a message like another, but its number is nobody's.
MessageTemplate SipSide::typing() const {
    const std::string body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
        "<contenttype>text/plain</contenttype><refresh>60</refresh></isComposing>";
    std::string text = "MESSAGE sip:v0000000@" + people_.xmpp + " SIP/2.0\r\nVia: SIP/2.0/TCP ";
    text += "127.0.0.1:" + std::to_string(listening_port_);
    text += ";branch=z9hG4bK0000000000000000\r\nMax-Forwards: 70\r\n";
    text += "From: <sip:u0000000@" + people_.sip + ">;tag=0000000000000000\r\n";
    text += "To: <sip:v0000000@" + people_.xmpp + ">\r\n";
    text += "Call-ID: 0000000000000000@typing\r\nCSeq: 1 MESSAGE\r\n";
    text += "Content-Type: application/im-iscomposing+xml\r\nContent-Length: ";
    return MessageTemplate(text + std::to_string(body.size()) + "\r\n\r\n" + body);
}

Connection* SipSide::next_connection() {
    return outgoing_.empty() ? nullptr : outgoing_[turn_++ % outgoing_.size()];
}

void SipSide::send(Kind kind, std::uint64_t now) {
    Connection* const connection = next_connection();
    if (connection == nullptr) {
        return;
    }
    Ledger& ledger = ledgers_.of(kind);
    Buffer& out = connection->out;
    const std::uint64_t allowed = ledger.allowance(now);
    for (std::uint64_t i = 0; i < allowed && out.size() < output_limit; ++i) {
        const std::uint64_t number = ledger.depart(now);
        const std::uint32_t pair = ledger.pair_of(number);
        const std::size_t before = out.size();
        if (kind == Kind::Message && sessions_.is_on()) {
            sessions_.append_message(out, number, pair);
        } else if (kind == Kind::Message) {
            message_->append_to(out, number, pair, people_.user_of(pair));
        } else {
            watches_.append_notify(out, number, pair, now);
        }
        ledger.octets.sip_sent += out.size() - before;
    }
}

void SipSide::send_subscribe(std::uint32_t pair) {
    if (Connection* const connection = next_connection()) {
        watches_.append_subscribe(connection->out, pair);
    }
}

void SipSide::send_typing(std::uint32_t pair) {
    if (Connection* const connection = next_connection()) {
        typing_->append_to(connection->out, ++typing_number_, pair, people_.user_of(pair));
    }
}

void SipSide::send_invite(std::uint32_t pair) {
    if (Connection* const connection = next_connection()) {
        sessions_.append_invite(connection->out, pair);
    }
}

void SipSide::on_closed(Connection& connection) {
    std::erase(outgoing_, &connection);
}

void SipSide::take_raw(Connection& connection) {
    const std::size_t octets = connection.in.size();
    connection.in.clear();
    ledgers_.current().octets.sip_received += octets;
    if (ledgers_.current().plan().direction == Direction::SipToXmpp) {
        ledgers_.current().answered_in_bulk(raw_counter_.add(octets, raw_.answer));
        return;
    }
    const std::uint64_t messages = raw_counter_.add(octets, raw_.request);
    ledgers_.current().arrived_in_bulk(messages, now());
    const std::size_t answers = messages * raw_.answer;
    std::memset(connection.out.reserve(answers), ' ', answers);
    connection.out.commit(answers);
    ledgers_.current().octets.sip_sent += answers;
}

void SipSide::on_input(Connection& connection) {
    if (raw_.is_set()) {
        take_raw(connection);
        return;
    }
    const std::uint64_t time = now();
    std::string_view input = connection.in.view();
    while (!input.empty()) {
        const std::size_t size = take_message(connection, input, time);
        if (size == 0) {
            break;
        }
        input.remove_prefix(size);
    }
    const std::size_t used = connection.in.size() - input.size();
    ledgers_.current().octets.sip_received += used;
    connection.in.consume(used);
}

// The size of the message at the front of the input, or 0 if it is not all there.
std::size_t SipSide::take_message(Connection& connection,
                                  std::string_view input,
                                  std::uint64_t now) {
    if (input.starts_with("\r\n")) {  // RFC 3261 §7.5, keep-alive
        return 2;
    }
    SipHeaders headers;
    std::string_view first;
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = input.find('\n', at);
        if (end == std::string_view::npos) {
            return 0;
        }
        const std::string_view line = input.substr(at, end - at - (end > at ? 1 : 0));
        at = end + 1;
        if (line.empty()) {
            break;
        }
        if (first.empty()) {
            first = line;
        } else {
            headers.take(line);
        }
    }
    if (input.size() - at < headers.content_length) {
        return 0;
    }
    const std::size_t size = at + headers.content_length;
    const std::string_view message = input.substr(0, size);
    if (first.starts_with("SIP/2.0 ") && first.size() > 11) {
        take_response(connection, message, headers, now);
    } else if (!first.starts_with("ACK ")) {
        take_request(connection, message, input.substr(at, headers.content_length), headers, now);
    }
    return size;
}

void SipSide::take_response(Connection& connection,
                            std::string_view message,
                            const SipHeaders& headers,
                            std::uint64_t now) {
    unsigned status = 0;
    std::from_chars(message.data() + 8, message.data() + 11, status);
    if (headers.method() == "SUBSCRIBE") {
        watches_.take_answer(status, message);
        return;
    }
    if (headers.method() == "INVITE") {
        sessions_.take_answer(connection.out, status, headers);
        return;
    }
    const std::uint64_t number = read_number(headers.branch());
    if (Ledger* const ledger = ledgers_.of(number)) {
        ledger->answered(number, status, message, now);
    } else if (status >= 300) {
        ledgers_.current().refused(message);
    }
}

void SipSide::take_request(Connection& connection,
                           std::string_view message,
                           std::string_view body,
                           const SipHeaders& headers,
                           std::uint64_t now) {
    Buffer& out = connection.out;
    const std::size_t before = out.size();
    if (message.starts_with("SUBSCRIBE ")) {
        watches_.take_subscribe(out, headers, now);
        return;
    }
    if (message.starts_with("INVITE ")) {
        sessions_.answer_invite(out, headers);
        return;
    }
    if (message.starts_with("MESSAGE ")) {
        const std::uint64_t number = read_number(body);
        if (Ledger* const ledger = ledgers_.of(number)) {
            ledger->arrived(number, now);
        }
    } else if (message.starts_with("NOTIFY ")) {
        watches_.take_document(body, now);
    }
    append_answer(out, headers);
    if (message.starts_with("PUBLISH ")) {  // RFC 3903 §6
        out.append("SIP-ETag: bench\r\nExpires: 3600\r\n");
        ledgers_.current().arrived_in_bulk(1, now);  // its note is the show
    }
    out.append("Content-Length: 0\r\n\r\n");
    ledgers_.current().octets.sip_sent += out.size() - before;
}

}  // namespace isthmus::bench
