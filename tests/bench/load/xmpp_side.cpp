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

std::string addresses(const People& people, const std::string& resource) {
    return " from='v0000000@" + people.xmpp + resource + "' to='u0000000@" + people.sip + "'";
}

std::string message_text(const People& people) {
    return "<message" + addresses(people, "/bench") + " id='0000000000000000' type='chat'><body>" +
           std::string(body_text) + "</body></message>";
}

std::string presence_text(const People& people) {
    return "<presence" + addresses(people, "/bench") +
           "><show>away</show><status>0000000000000000</status></presence>";
}

std::string subscribe_text(const People& people) {
    return "<presence" + addresses(people, "") + " type='subscribe'/>";
}

// XEP-0085
std::string typing_text(const People& people) {
    return "<message" + addresses(people, "/bench") +
           " type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>";
}

// The number at the beginning of that element's text, 0 if there is none.
std::uint64_t number_in(std::string_view piece, std::string_view tag) {
    const std::size_t at = piece.find(tag);
    const std::size_t text = at == std::string_view::npos ? at : piece.find('>', at);
    return text == std::string_view::npos ? 0 : read_number(piece.substr(text + 1));
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
        side_.people_.xmpp + "' to='" + side_.people_.sip + "'>");
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
    Octets& octets = side_.ledgers_.current().octets;
    if (side_.raw_.is_set()) {
        octets.xmpp_received += connection.in.size();
        side_.ledgers_.current().arrived_in_bulk(
            raw_counter_.add(connection.in.size(), side_.raw_.stanza), time);
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
        } else if (input.starts_with("<presence")) {
            take_presence(input.substr(0, size), time);
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
                          side_.people_.sip);
    }
}

void XmppStream::take_message(std::string_view piece, std::uint64_t now) {
    if (attribute(piece, "type") == "error") {
        side_.ledgers_.current().refused(piece);
        return;
    }
    const std::uint64_t number = number_in(piece, "<body");
    if (Ledger* const ledger = side_.ledgers_.of(number)) {
        ledger->arrived(number, now);
    }
}

void XmppStream::take_presence(std::string_view piece, std::uint64_t now) {
    const std::string_view type = attribute(piece, "type");
    if (type.empty()) {
        const std::uint64_t number = number_in(piece, "<status");
        Ledger* const ledger = number == 0 ? nullptr : side_.ledgers_.of(number);
        if (ledger != nullptr) {
            ledger->arrived(number, now);
        }
    } else if (type == "subscribe" || type == "probe") {
        side_.answer_subscription(piece, type == "subscribe");
    } else if (type == "subscribed") {
        ++side_.granted_;
    } else if (type == "error") {
        side_.ledgers_.current().refused(piece);
    }
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
        side_.ledgers_.current().refused(piece);
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
        side_.people_.xmpp + "' to='" + std::string(attribute(piece, "from")) +
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
            base64(side_.people_.xmpp) + "</auth>");
    } else {  // XEP-0220 §2.1.1
        say("<db:result from='" + side_.people_.xmpp + "' to='" + side_.people_.sip +
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
        side_.ledgers_.current().refused(piece);
    }
}

XmppSide::XmppSide(Loop& loop, Ledgers& ledgers, SSL_CTX* tls, const People& people)
    : loop_(loop),
      ledgers_(ledgers),
      tls_(tls),
      people_(people),
      message_(message_text(people)),
      presence_(presence_text(people)),
      subscribe_(subscribe_text(people)),
      typing_(typing_text(people)) {}

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

Buffer* XmppSide::out() {
    const auto stream =
        std::find_if(streams_.begin(), streams_.end(), [](const auto& s) { return s->may_send(); });
    return stream == streams_.end() ? nullptr : &(*stream)->connection().out;
}

void XmppSide::send(Kind kind, std::uint64_t now) {
    Buffer* const out = this->out();
    if (out == nullptr) {
        return;
    }
    const MessageTemplate& stanza = kind == Kind::MessageBack ? message_ : presence_;
    Ledger& ledger = ledgers_.of(kind);
    const std::uint64_t allowed = ledger.allowance(now);
    for (std::uint64_t i = 0; i < allowed && out->size() < output_limit; ++i) {
        const std::uint64_t number = ledger.depart(now);
        const std::uint32_t pair = ledger.pair_of(number);
        stanza.append_to(*out, number, pair, people_.user_of(pair));
        ledger.octets.xmpp_sent += stanza.size();
    }
}

void XmppSide::send_subscribe(std::uint32_t pair) {
    if (Buffer* const out = this->out()) {
        subscribe_.append_to(*out, 0, pair, people_.user_of(pair));
    }
}

void XmppSide::send_typing(std::uint32_t pair) {
    if (Buffer* const out = this->out()) {
        typing_.append_to(*out, 0, pair, people_.user_of(pair));
    }
}

void XmppSide::answer_subscription(std::string_view piece, bool is_asked) {
    Buffer* const out = this->out();
    if (out == nullptr) {
        return;
    }
    const std::string from(attribute(piece, "to"));
    const std::string to(attribute(piece, "from"));
    if (is_asked) {
        out->append("<presence from='" + from + "' to='" + to + "' type='subscribed'/>");
    }
    out->append("<presence from='" + from + "/bench' to='" + to + "'/>");
}

}  // namespace isthmus::bench
