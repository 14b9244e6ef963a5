// The SIP side of the generator; see sip_side.h. RFC 3261 §18.3 framing, RFC 3428 messages.
#include "load/sip_side.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace isthmus::bench {

namespace {

constexpr std::size_t output_limit = 2U << 20;

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

std::string_view value_of(std::string_view line) {
    line.remove_prefix(line.find(':') + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
        line.remove_prefix(1);
    }
    return line;
}

}  // namespace

// The header lines which an answer repeats, without their line ends.
struct SipSide::Headers {
    std::array<std::string_view, 8> vias;
    std::size_t via_count = 0;
    std::string_view from, to, call_id, cseq;
    std::size_t content_length = 0;

    void take(std::string_view line) {
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
                } else if (is_name(line, "content-length", 'l')) {
                    take_length(line);
                }
                break;
            case 'l':
                if (is_name(line, "", 'l')) {
                    take_length(line);
                }
                break;
            default:
                break;
        }
    }

    void take_length(std::string_view line) {
        const std::string_view value = value_of(line);
        std::from_chars(value.data(), value.data() + value.size(), content_length);
    }
};

SipSide::SipSide(Loop& loop, Ledger& ledger, SSL_CTX* tls, Domains domains)
    : loop_(loop), ledger_(ledger), tls_(tls), domains_(std::move(domains)) {}

int SipSide::listen(bool is_tls) {
    const int port = loop_.listen([this, is_tls](int socket) {
        Connection& connection = loop_.adopt(socket, false, *this);
        if (is_tls) {
            connection.secure(tls_, Connection::TlsRole::Server, "");
        }
    });
    listening_port_ = port;
    return port;
}

void SipSide::connect(const std::string& address, int port, bool is_tls) {
    Connection& connection = loop_.connect(address, port, *this);
    if (is_tls) {
        connection.secure(tls_, Connection::TlsRole::Client, domains_.sip);
    }
    outgoing_.push_back(&connection);
    message_ = request(is_tls);
}

// Always of the same size: the port is an ephemeral one, so it has five digits.
MessageTemplate SipSide::request(bool is_tls) const {
    std::string text;
    text += "MESSAGE sip:v0000000@" + domains_.xmpp + " SIP/2.0\r\nVia: SIP/2.0/";
    text += is_tls ? "TLS" : "TCP";
    text += " 127.0.0.1:" + std::to_string(listening_port_);
    text += ";branch=z9hG4bK0000000000000000\r\nMax-Forwards: 70\r\n";
    text += "From: <sip:u0000000@" + domains_.sip + ">;tag=0000000000000000\r\n";
    text += "To: <sip:v0000000@" + domains_.xmpp + ">\r\n";
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

void SipSide::send(std::uint64_t now) {
    if (outgoing_.empty()) {
        return;
    }
    Connection& connection = *outgoing_[turn_++ % outgoing_.size()];
    const std::uint64_t allowed = ledger_.allowance(now);
    for (std::uint64_t i = 0; i < allowed && connection.out.size() < output_limit; ++i) {
        const std::uint64_t number = ledger_.depart(now);
        message_->append_to(connection.out, number, ledger_.pair_of(number));
        ledger_.octets.sip_sent += message_->size();
    }
}

void SipSide::on_closed(Connection& connection) {
    std::erase(outgoing_, &connection);
}

void SipSide::take_raw(Connection& connection) {
    const std::size_t octets = connection.in.size();
    connection.in.clear();
    ledger_.octets.sip_received += octets;
    if (ledger_.plan().direction == Direction::SipToXmpp) {
        ledger_.answered_in_bulk(raw_counter_.add(octets, raw_.answer));
        return;
    }
    const std::uint64_t messages = raw_counter_.add(octets, raw_.request);
    ledger_.arrived_in_bulk(messages, now());
    const std::size_t answers = messages * raw_.answer;
    std::memset(connection.out.reserve(answers), ' ', answers);
    connection.out.commit(answers);
    ledger_.octets.sip_sent += answers;
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
    ledger_.octets.sip_received += used;
    connection.in.consume(used);
}

// The size of the message at the front of the input, or 0 if it is not all there.
std::size_t SipSide::take_message(Connection& connection,
                                  std::string_view input,
                                  std::uint64_t now) {
    if (input.starts_with("\r\n")) {  // RFC 3261 §7.5, keep-alive
        return 2;
    }
    Headers headers;
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
    if (first.starts_with("SIP/2.0 ") && first.size() > 11) {
        unsigned status = 0;
        std::from_chars(first.data() + 8, first.data() + 11, status);
        ledger_.answered(
            read_number(value_of(headers.call_id)), status, input.substr(0, size), now);
        return size;
    }
    if (first.starts_with("MESSAGE ")) {
        ledger_.arrived(read_number(input.substr(at)), now);
    }
    if (!first.starts_with("ACK ")) {
        answer(connection, headers);
    }
    return size;
}

void SipSide::answer(Connection& connection, const Headers& headers) {
    constexpr std::string_view tag = ";tag=bench";
    Buffer& out = connection.out;
    const std::size_t before = out.size();
    out.append("SIP/2.0 200 OK\r\n");
    const auto repeat = [&out](std::string_view line) {
        out.append(line);
        out.append("\r\n");
    };
    for (std::size_t i = 0; i < headers.via_count; ++i) {
        repeat(headers.vias[i]);
    }
    repeat(headers.from);
    out.append(headers.to);
    out.append(headers.to.find(";tag=") == std::string_view::npos ? tag : "");
    out.append("\r\n");
    repeat(headers.call_id);
    repeat(headers.cseq);
    out.append("Content-Length: 0\r\n\r\n");
    ledger_.octets.sip_sent += out.size() - before;
}

}  // namespace isthmus::bench
