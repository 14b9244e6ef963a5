// The XMPP side of the generator; see xmpp_side.h.
#include "load/xmpp_side.h"

#include <openssl/evp.h>

#include <algorithm>

#include "load/xmpp_framing.h"

namespace isthmus::bench {

namespace {

constexpr std::size_t output_limit = 2U << 20;
constexpr std::string_view tls_namespace = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr std::string_view sasl_namespace = "urn:ietf:params:xml:ns:xmpp-sasl";

std::string base64(std::string_view text) {
    std::string out(4 * ((text.size() + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                    reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
    return out;
}

std::string stanza_text(const Domains& domains) {
    std::string text;
    text += "<message from='v0000000@" + domains.xmpp + "/bench' to='u0000000@" + domains.sip;
    text += "' id='0000000000000000' type='chat'><body>";
    text += body_text;
    text += "</body></message>";
    return text;
}

}  // namespace

XmppStream::XmppStream(XmppSide& side, bool is_ours) : side_(side), is_ours_(is_ours) {}

void XmppStream::begin(Connection& connection) {
    connection_ = &connection;
    if (side_.raw_.is_set()) {
        may_send_ = true;
    } else if (is_ours_) {
        send_header();
    }
}

void XmppStream::say(std::string_view text) {
    connection_->out.append(text);
}

void XmppStream::send_header() {
    say("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
        "version='1.0' from='" +
        side_.domains_.xmpp + "' to='" + side_.domains_.sip + "'>");
}

void XmppStream::on_secured(Connection&) {
    if (is_ours_) {
        send_header();
    }
}

void XmppStream::on_closed(Connection&) {
    std::erase_if(side_.streams_, [this](const auto& stream) { return stream.get() == this; });
}

void XmppStream::on_input(Connection& connection) {
    const std::uint64_t time = now();
    Octets& octets = side_.ledger_.octets;
    if (side_.raw_.is_set()) {
        octets.xmpp_received += connection.in.size();
        side_.ledger_.arrived_in_bulk(raw_counter_.add(connection.in.size(), side_.raw_.stanza),
                                      time);
        connection.in.clear();
        return;
    }
    std::string_view input = connection.in.view();
    while (!input.empty() && !starts_tls_) {
        const std::size_t size = first_piece(input);
        if (size == 0) {
            break;
        }
        if (input.starts_with("<message")) {
            take_message(input.substr(0, size), time);
        } else {
            take(input.substr(0, size));
        }
        input.remove_prefix(size);
    }
    const std::size_t used = connection.in.size() - input.size();
    octets.xmpp_received += used;
    connection.in.consume(used);
    if (starts_tls_) {  // RFC 6120 §5.4.3.3: nothing read before TLS counts after it
        starts_tls_ = false;
        connection.in.clear();
        connection.secure(side_.tls_,
                          is_ours_ ? Connection::TlsRole::Client : Connection::TlsRole::Server,
                          side_.domains_.sip);
    }
}

void XmppStream::take_message(std::string_view piece, std::uint64_t now) {
    constexpr std::string_view body_tag = "<body";
    if (attribute(piece, "type") == "error") {
        side_.ledger_.refused(piece);
        return;
    }
    const std::size_t body = piece.find(body_tag);
    const std::size_t text = piece.find('>', body == std::string_view::npos ? 0 : body);
    side_.ledger_.arrived(body == std::string_view::npos ? 0 : read_number(piece.substr(text + 1)),
                          now);
}

void XmppStream::take(std::string_view piece) {
    if (piece.starts_with("<stream:stream")) {
        take_header(piece);
    } else if (piece.starts_with("<stream:features")) {
        take_features(piece);
    } else if (piece.starts_with("<handshake")) {
        say("<handshake/>");
        may_send_ = true;
    } else if (piece.starts_with("<starttls")) {
        say("<proceed xmlns='" + std::string(tls_namespace) + "'/>");
        starts_tls_ = true;
    } else if (piece.starts_with("<proceed")) {
        starts_tls_ = true;
    } else if (piece.starts_with("<auth")) {
        say("<success xmlns='" + std::string(sasl_namespace) + "'/>");
        is_authenticated_ = true;
    } else if (piece.starts_with("<success")) {
        is_authenticated_ = true;
        send_header();
    } else if (piece.starts_with("<db:")) {
        take_dialback(piece);
    } else if (piece.starts_with("<iq") &&
               (attribute(piece, "type") == "get" || attribute(piece, "type") == "set")) {
        say("<iq type='result' id='" + std::string(attribute(piece, "id")) + "' from='" +
            std::string(attribute(piece, "to")) + "' to='" + std::string(attribute(piece, "from")) +
            "'/>");
    } else if (piece.starts_with("<stream:error")) {
        side_.ledger_.refused(piece);
        std::fprintf(stderr, "%.*s\n", static_cast<int>(piece.size()), piece.data());
    }
}

void XmppStream::take_header(std::string_view piece) {
    if (!is_ours_) {
        answer_header(piece);
    } else if (attribute(piece, "version").empty()) {  // no features will follow
        take_features("");
    }
}

void XmppStream::answer_header(std::string_view piece) {
    is_component_ = attribute(piece, "xmlns") == "jabber:component:accept";
    const std::string to(attribute(piece, "to"));
    if (is_component_) {
        say("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
            "xmlns:stream='http://etherx.jabber.org/streams' id='bench' from='" +
            to + "'>");
        return;
    }
    say("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
        "version='1.0' id='bench' from='" +
        side_.domains_.xmpp + "' to='" + std::string(attribute(piece, "from")) +
        "'><stream:features>");
    if (is_authenticated_) {
        // nothing left to negotiate
    } else if (side_.uses_tls_ && !connection_->is_secure()) {
        say("<starttls xmlns='" + std::string(tls_namespace) + "'><required/></starttls>");
    } else {
        if (connection_->is_secure()) {
            say("<mechanisms xmlns='" + std::string(sasl_namespace) +
                "'><mechanism>EXTERNAL</mechanism></mechanisms>");
        }
        say("<dialback xmlns='urn:xmpp:features:dialback'/>");
    }
    say("</stream:features>");
}

void XmppStream::take_features(std::string_view piece) {
    const auto offers = [piece](std::string_view what) {
        return piece.find(what) != std::string_view::npos;
    };
    if (is_authenticated_) {
        may_send_ = true;
    } else if (side_.uses_tls_ && !connection_->is_secure() && offers("<starttls")) {
        say("<starttls xmlns='" + std::string(tls_namespace) + "'/>");
    } else if (connection_->is_secure() && offers("EXTERNAL")) {
        say("<auth xmlns='" + std::string(sasl_namespace) + "' mechanism='EXTERNAL'>" +
            base64(side_.domains_.xmpp) + "</auth>");
    } else {  // XEP-0220 §2.1.1
        say("<db:result from='" + side_.domains_.xmpp + "' to='" + side_.domains_.sip +
            "'>bench-key</db:result>");
    }
}

void XmppStream::take_dialback(std::string_view piece) {
    const std::string_view type = attribute(piece, "type");
    const std::string from(attribute(piece, "from"));
    const std::string to(attribute(piece, "to"));
    const std::string pair = " from='" + to + "' to='" + from + "' type='valid'";
    if (piece.starts_with("<db:result") && type.empty()) {
        say("<db:result" + pair + "/>");
    } else if (piece.starts_with("<db:verify") && type.empty()) {
        say("<db:verify" + pair + " id='" + std::string(attribute(piece, "id")) + "'/>");
    } else if (type == "valid" && is_ours_) {
        may_send_ = true;
    } else {
        side_.ledger_.refused(piece);
    }
}

XmppSide::XmppSide(Loop& loop, Ledger& ledger, SSL_CTX* tls, Domains domains)
    : loop_(loop),
      ledger_(ledger),
      tls_(tls),
      domains_(std::move(domains)),
      message_(stanza_text(domains_)) {}

int XmppSide::listen() {
    return loop_.listen([this](int socket) {
        streams_.push_back(std::make_unique<XmppStream>(*this, false));
        XmppStream& stream = *streams_.back();
        stream.begin(loop_.adopt(socket, false, stream));
    });
}

void XmppSide::connect(const std::string& address, int port) {
    streams_.push_back(std::make_unique<XmppStream>(*this, true));
    XmppStream& stream = *streams_.back();
    stream.begin(loop_.connect(address, port, stream));
}

bool XmppSide::is_ready() const {
    return std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
        return stream->may_send() && stream->connection().is_open();
    });
}

void XmppSide::send(std::uint64_t now) {
    const auto stream =
        std::find_if(streams_.begin(), streams_.end(), [](const auto& s) { return s->may_send(); });
    if (stream == streams_.end()) {
        return;
    }
    Buffer& out = (*stream)->connection().out;
    const std::uint64_t allowed = ledger_.allowance(now);
    for (std::uint64_t i = 0; i < allowed && out.size() < output_limit; ++i) {
        const std::uint64_t number = ledger_.depart(now);
        message_.append_to(out, number, ledger_.pair_of(number));
        ledger_.octets.xmpp_sent += message_.size();
    }
}

}  // namespace isthmus::bench
