// Presence at the SIP peer; see watches.h.
#include "load/watches.h"

#include <algorithm>
#include <cstring>

namespace isthmus::bench {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint32_t first_cseq = 10;

void append_hexadecimal(Buffer& out, std::uint64_t number) {
    write_number(out.reserve(number_size), number);
    out.commit(number_size);
}

// A document about one state; the number is its note.
std::string pidf(std::string_view entity) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:";
    text += entity;
    text +=
        "\"><tuple id=\"ID-desk\"><status><basic>open</basic>"
        "<show xmlns=\"jabber:client\">away</show></status><note>";
    text += number_blank;
    return text + "</note></tuple></presence>\r\n";
}

}  // namespace

void append_answer(Buffer& out, const SipHeaders& headers) {
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
    out.append(tag_of(headers.to).empty() ? ";tag=bench" : "");
    out.append("\r\n");
    repeat(headers.call_id);
    repeat(headers.cseq);
}

Watches::Dialog& Watches::dialog(std::uint32_t pair) {
    if (dialogs_by_pair_.size() <= pair) {
        dialogs_by_pair_.resize(pair + 1);
    }
    return dialogs_by_pair_[pair];
}

void Watches::append_contact(Buffer& out, std::uint32_t pair) {
    out.append("Contact: <sip:u");
    write_pair(out.reserve(pair_size), people_.user_of(pair));
    out.commit(pair_size);
    out.append("@127.0.0.1:");
    out.append(port_);
    out.append(";transport=tcp>\r\n");
}

// --- watched ----------------------------------------------------------------------------------

void Watches::take_subscribe(Buffer& out, const SipHeaders& headers, std::uint64_t now) {
    const std::uint32_t pair = People::pair_of(uri_of(headers.from));
    const auto expires = std::min(static_cast<std::uint32_t>(headers.expires), granted_);
    Dialog& dialog = this->dialog(pair);
    if (tag_of(headers.to).empty()) {
        dialogs_ += dialog.cseq == 0 ? 1 : 0;
        dialog.call_id = value_of(headers.call_id);
        dialog.tag = tag_of(headers.from);
        dialog.cseq = first_cseq;
        target_ = uri_of(headers.contact);
    } else {
        ++refreshes_;
    }
    dialog.until = static_cast<std::uint32_t>(now / second) + expires;
    append_answer(out, headers);
    append_contact(out, pair);
    out.append("Expires: ");
    append_number(out, expires);
    out.append("\r\nContent-Length: 0\r\n\r\n");
    append_notify(out, std::uint64_t{0xf} << kind_shift, pair, now);
}

void Watches::append_request(Buffer& out,
                             const Dialog& dialog,
                             std::uint64_t number,
                             std::uint32_t pair) {
    out.append("NOTIFY ");
    out.append(target_);
    out.append(" SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:");
    out.append(port_);
    out.append(";branch=z9hG4bK");
    append_hexadecimal(out, number);
    append_number(out, pair);
    append_number(out, dialog.cseq);
    out.append("\r\nMax-Forwards: 70\r\nFrom: <sip:");
    people_.append_user(out, pair);
    out.append(">;tag=bench\r\nTo: <sip:");
    people_.append_contact(out, pair);
    out.append(">;tag=");
    out.append(dialog.tag);
    out.append("\r\nCall-ID: ");
    out.append(dialog.call_id);
    out.append("\r\nCSeq: ");
    append_number(out, dialog.cseq);
    out.append(" NOTIFY\r\n");
}

void Watches::append_notify(Buffer& out,
                            std::uint64_t number,
                            std::uint32_t pair,
                            std::uint64_t now) {
    Dialog& dialog = this->dialog(pair);
    ++dialog.cseq;
    append_request(out, dialog, number, pair);
    append_contact(out, pair);
    const auto time = static_cast<std::uint32_t>(now / second);
    const bool is_over = dialog.until <= time;
    out.append("Event: presence\r\nSubscription-State: ");
    out.append(is_over ? "terminated;reason=timeout" : "active;expires=");
    if (!is_over) {
        append_number(out, dialog.until - time);
    }
    if (body_.empty()) {
        body_ = pidf("u0000000@" + people_.sip);
    }
    out.append("\r\nContent-Type: application/pidf+xml\r\nContent-Length: ");
    append_number(out, body_.size());
    out.append("\r\n\r\n");
    char* const body = out.reserve(body_.size());
    std::memcpy(body, body_.data(), body_.size());
    write_pair(body + body_.find(pair_blank), people_.user_of(pair));
    write_number(body + body_.find(number_blank), number);
    out.commit(body_.size());
}

// --- watching ---------------------------------------------------------------------------------

void Watches::append_subscribe(Buffer& out, std::uint32_t pair) {
    ++asked_;
    out.append("SUBSCRIBE sip:");
    people_.append_contact(out, pair);
    out.append(" SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:");
    out.append(port_);
    out.append(";branch=z9hG4bK");
    append_hexadecimal(out, (std::uint64_t{0xe} << kind_shift) + asked_);
    out.append("\r\nMax-Forwards: 70\r\nFrom: <sip:");
    people_.append_user(out, pair);
    out.append(">;tag=");
    append_hexadecimal(out, asked_);
    out.append("\r\nTo: <sip:");
    people_.append_contact(out, pair);
    out.append(">\r\nCall-ID: ");
    append_hexadecimal(out, asked_);
    out.append("@watch\r\nCSeq: 1 SUBSCRIBE\r\n");
    append_contact(out, pair);
    out.append(
        "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 3600\r\n"
        "Content-Length: 0\r\n\r\n");
}

void Watches::take_answer(unsigned status, std::string_view message) {
    if (status < 200) {
        return;
    }
    ++answered_;
    if (status >= 300) {
        ledgers_.current().refused(message);
    }
}

void Watches::take_document(std::string_view body, std::uint64_t now) {
    const std::size_t note = body.find("note");
    const std::size_t text = body.find('>', note == std::string_view::npos ? body.size() : note);
    const std::uint64_t number =
        text == std::string_view::npos ? 0 : read_number(body.substr(text + 1));
    Ledger* const ledger = number == 0 ? nullptr : ledgers_.of(number);
    if (ledger != nullptr) {
        ledger->arrived(number, now);
    }
}

}  // namespace isthmus::bench
