// One Lync client; see client.h.
#include "home/client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace isthmus::bench {

namespace {

constexpr unsigned asked_for = 5;  // requests behind the REGISTER

std::string md5(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), octets.data(), &size, EVP_md5(), nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[octets[i] >> 4U];
        hex += "0123456789abcdef"[octets[i] & 15U];
    }
    return hex;
}

// The value of NAME="..." in a challenge.
std::string_view quoted(std::string_view text, std::string_view name) {
    const std::size_t at = text.find(name);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = text.substr(at + name.size());
    return rest.substr(0, rest.find('"'));
}

std::uint32_t count_of(std::string_view text, std::string_view what) {
    std::uint32_t count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) {
        ++count;
    }
    return count;
}

}  // namespace

std::string Client::address(std::uint32_t number) const {
    std::string digits = std::to_string(number);
    return "u" + std::string(7 - digits.size(), '0') + digits + "@" + crowd_.domain;
}

void Client::append(Connection& connection,
                    std::string_view method,
                    std::string_view uri,
                    std::string_view headers,
                    std::string_view body) {
    const std::string self = address(number_);
    const std::string cseq = std::to_string(++cseq_);
    std::string text(method);
    text.append(" ").append(uri).append(
        " SIP/2.0\r\nVia: SIP/2.0/tls 127.0.0.1:5061;branch=z9hG4bK");
    text.append(std::to_string(number_)).append("x").append(cseq);
    text.append("\r\nMax-Forwards: 70\r\nFrom: <sip:").append(self).append(">;tag=");
    text.append(std::to_string(number_)).append(";epid=bench\r\nTo: <sip:").append(self);
    text.append(">\r\nCall-ID: ")
        .append(std::to_string(number_))
        .append("-")
        .append(method == "REGISTER" ? "r" : cseq);
    text.append("@bench\r\nCSeq: ").append(cseq).append(" ").append(method).append("\r\n");
    text.append("Contact: <sip:127.0.0.1:5061;transport=tls;ms-opaque=");
    text.append(std::to_string(number_)).append(">;proxy=replace;+sip.instance=\"<urn:uuid:");
    text.append(std::to_string(number_)).append(">\"\r\n").append(headers);
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    connection.out.append(text.append(body));
}

void Client::on_secured(Connection& connection) {
    register_by(connection, {});
}

void Client::register_by(Connection& connection, std::string_view challenge) {
    const std::string uri = "sip:" + crowd_.domain;
    std::string headers =
        "Supported: gruu-10, adhoclist, msrtc-event-categories\r\nEvent: registration\r\n"
        "ms-keep-alive: UAC;hop-hop=yes\r\n";
    if (!challenge.empty()) {
        const std::string realm(quoted(challenge, "realm=\""));
        const std::string nonce(quoted(challenge, "nonce=\""));
        const std::string self = address(number_);
        const std::string answer = md5(md5(self + ":" + realm + ":" + crowd_.password) + ":" +
                                       nonce + ":00000001:bench:auth:" + md5("REGISTER:" + uri));
        headers += "Proxy-Authorization: Digest username=\"" + self + "\", realm=\"" + realm +
                   "\", nonce=\"" + nonce + "\", uri=\"" + uri +
                   "\", qop=auth, nc=00000001, cnonce=\"bench\", response=\"" + answer + "\"\r\n";
    }
    append(connection, "REGISTER", uri, headers, {});
}

void Client::ask_for_everything(Connection& connection) {
    const std::string self = "sip:" + address(number_);
    append(connection, "SUBSCRIBE", self, "Event: vnd-microsoft-roaming-contacts\r\n", {});
    append(connection, "SUBSCRIBE", self, "Event: vnd-microsoft-roaming-self\r\n", {});
    append(connection,
           "SUBSCRIBE",
           self,
           "Event: vnd-microsoft-provisioning-v2\r\nExpires: 0\r\n",
           {});
    std::string batch =
        "<batchSub xmlns=\"http://schemas.microsoft.com/2006/01/sip/batch-subscribe\" uri=\"" +
        self + "\" name=\"\"><action name=\"subscribe\" id=\"1\"><adhocList>";
    for (std::uint32_t i = 1; i <= crowd_.contacts; ++i) {
        batch += "<resource uri=\"sip:" + address((number_ + i) % crowd_.users) + "\"/>";
    }
    batch += "</adhocList></action></batchSub>";
    append(connection,
           "SUBSCRIBE",
           self,
           "Event: presence\r\nRequire: adhoclist, categoryList\r\n"
           "Content-Type: application/msrtc-adrl-categorylist+xml\r\n",
           batch);
    append(connection,
           "SERVICE",
           self,
           "Content-Type: application/msrtc-category-publish+xml\r\n",
           "<publish xmlns=\"http://schemas.microsoft.com/2006/09/sip/rich-presence\">"
           "<publications uri=\"" +
               self +
               "\"><publication categoryName=\"state\" instance=\"1\" container=\"2\" "
               "version=\"0\" expireType=\"endpoint\"><state xmlns=\"http://schemas.microsoft.com/"
               "2006/09/sip/state\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
               "manual=\"false\" xsi:type=\"machineState\"><availability>3500</availability>"
               "</state></publication></publications></publish>");
}

void Client::on_input(Connection& connection) {
    std::string_view input = connection.in.view();
    while (!input.empty()) {
        const std::size_t size = take_message(connection, input);
        if (size == 0) {
            break;
        }
        input.remove_prefix(size);
    }
    connection.in.consume(connection.in.size() - input.size());
}

// The size of the message at the front of the input, or 0 if it is not all there.
std::size_t Client::take_message(Connection& connection, std::string_view input) {
    if (input.starts_with("\r\n")) {
        return 2;
    }
    const std::size_t head = input.find("\r\n\r\n");
    if (head == std::string_view::npos) {
        return 0;
    }
    constexpr std::string_view name = "\r\nContent-Length: ";
    const std::size_t at = input.substr(0, head + 2).find(name);
    std::size_t length = 0;
    if (at != std::string_view::npos) {
        const char* const digits = input.data() + at + name.size();
        std::from_chars(digits, input.data() + head + 2, length);
    }
    const std::size_t size = head + 4 + length;
    if (input.size() < size) {
        return 0;
    }
    const std::string_view message = input.substr(0, size);
    if (message.starts_with("SIP/2.0 ")) {
        constexpr std::string_view cseq = "\r\nCSeq: ";
        const std::string_view line = message.substr(message.find(cseq) + cseq.size());
        const std::string_view value = line.substr(0, line.find('\r'));
        take_response(connection, message, value.substr(value.find(' ') + 1));
    } else {
        take_notify(connection, message, input.substr(head + 4, length));
    }
    return size;
}

void Client::take_response(Connection& connection,
                           std::string_view message,
                           std::string_view method) {
    const std::string_view status = message.substr(8, 3);
    if (method == "REGISTER" && status == "407" && cseq_ == 1) {
        return register_by(connection, message);
    }
    if (status != "200") {
        return is_signed_in_ ? void() : crowd_.complain(message);
    }
    if (method == "REGISTER") {
        return ask_for_everything(connection);
    }
    ++answers_;
    settle();
}

void Client::take_notify(Connection& connection, std::string_view message, std::string_view body) {
    ++crowd_.notices;
    std::string answer = "SIP/2.0 200 OK\r\n";
    std::size_t at = message.find("\r\n") + 2;
    while (at < message.size()) {
        const std::size_t end = message.find("\r\n", at);
        const std::string_view line = message.substr(at, end - at);
        if (line.empty()) {
            break;
        }
        for (const std::string_view kept : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
            if (line.starts_with(kept)) {
                answer.append(line).append("\r\n");
            }
        }
        at = end + 2;
    }
    connection.out.append(answer.append("Content-Length: 0\r\n\r\n"));
    has_list_ = has_list_ || body.starts_with("<contactList");
    seen_ += count_of(body, "<categories ");
    settle();
}

void Client::settle() {
    if (!is_signed_in_ && has_list_ && answers_ >= asked_for && seen_ >= crowd_.contacts) {
        is_signed_in_ = true;
        ++crowd_.signed_in;
    }
}

void Client::on_closed(Connection& connection) {
    is_over_ = true;
    if (is_signed_in_) {
        return;
    }
    std::string where = connection.is_open() ? cseq_ < 2       ? "before it was challenged"
                                               : answers_ == 0 ? "before an answer to what it asked"
                                                               : "while it was told its list"
                                             : "before TLS was up";
    crowd_.complain("client " + std::to_string(number_) + ": the connection was closed " + where +
                    (connection.complaint.empty() ? std::string() : ": " + connection.complaint));
}

}  // namespace isthmus::bench
