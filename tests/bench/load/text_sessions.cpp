// Text sessions; see text_sessions.h.
#include "load/text_sessions.h"

#include <algorithm>
#include <array>

#include "load/message_template.h"
#include "load/watches.h"

namespace isthmus::bench {

namespace {

constexpr std::string_view sdp =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=message 5060 sip null\r\na=accept-types:text/plain\r\n";

}  // namespace

void TextSessions::append_head(Buffer& out,
                               std::string_view method,
                               std::string_view branch,
                               std::uint32_t pair,
                               std::uint32_t cseq) {
    const One& one = by_pair_[pair];
    out.append(method);
    out.append(" ");
    if (one.tag.empty()) {
        out.append("sip:");
        people_.append_contact(out, pair);
    } else {
        out.append(target_);
    }
    out.append(" SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:");
    out.append(port_);
    out.append(";branch=z9hG4bK");
    out.append(branch);
    out.append("\r\nMax-Forwards: 70\r\nFrom: <sip:");
    people_.append_user(out, pair);
    out.append(">;tag=bench\r\nTo: <sip:");
    people_.append_contact(out, pair);
    out.append(">");
    if (!one.tag.empty()) {
        out.append(";tag=");
        out.append(one.tag);
    }
    out.append("\r\nCall-ID: session-");
    append_number(out, pair);
    out.append("@bench\r\nCSeq: ");
    append_number(out, cseq);
    out.append(" ");
    out.append(method);
    out.append("\r\n");
}

void TextSessions::append_invite(Buffer& out, std::uint32_t pair) {
    if (by_pair_.size() <= pair) {
        by_pair_.resize(pair + 1);
    }
    append_head(out, "INVITE", "invite" + std::to_string(pair), pair, 1);
    out.append("Contact: <sip:127.0.0.1:");
    out.append(port_);
    out.append(";transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: ");
    append_number(out, sdp.size());
    out.append("\r\n\r\n");
    out.append(sdp);
}

void TextSessions::take_answer(Buffer& out, unsigned status, const SipHeaders& headers) {
    const std::uint32_t pair = People::pair_of(uri_of(headers.to));
    if (status != 200 || pair >= by_pair_.size()) {
        return;
    }
    One& one = by_pair_[pair];
    open_ += one.tag.empty() ? 1 : 0;
    one.tag = tag_of(headers.to);
    if (target_.empty()) {
        target_ = uri_of(headers.contact);
    }
    append_head(out, "ACK", "ack" + std::to_string(pair), pair, 1);
    out.append("Content-Length: 0\r\n\r\n");
}

void TextSessions::append_message(Buffer& out, std::uint64_t number, std::uint32_t pair) {
    std::array<char, number_size> digits{};
    write_number(digits.data(), number);
    const std::string_view text(digits.data(), digits.size());
    append_head(out, "MESSAGE", text, pair, ++by_pair_[pair].cseq);
    out.append("Content-Type: text/plain\r\nContent-Length: ");
    append_number(out, body_text.size());
    out.append("\r\n\r\n");
    out.append(text);
    out.append(std::string_view(body_text).substr(number_size));
}

void TextSessions::answer_invite(Buffer& out, const SipHeaders& headers) const {
    append_answer(out, headers);
    out.append("Contact: <sip:127.0.0.1:");
    out.append(port_);
    out.append(";transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: ");
    append_number(out, sdp.size());
    out.append("\r\n\r\n");
    out.append(sdp);
}

}  // namespace isthmus::bench
