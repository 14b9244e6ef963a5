#include "xmpp/outgoing_stream.h"

#include "base/digest.h"
#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/jid.h"

#include <utility>

namespace isthmus::xmpp {

namespace {

Error broken(std::string detail) {
    return make_error(ErrorKind::Unreachable,
                      "IST-XMPP-001",
                      "the remote server breaks the rules of XMPP",
                      std::move(detail));
}

Error refused(std::string_view code, std::string public_text, std::string detail) {
    return make_error(ErrorKind::NotAuthorized, code, std::move(public_text), std::move(detail));
}

}  // namespace

void OutgoingStream::open(Buffer& out) {
    StreamHeader ours;
    ours.default_ns = ns::kServer;
    ours.from = purpose_.local;
    ours.to = purpose_.remote;
    ours.write(out);
    state_ = State::Header;
}

Actions OutgoingStream::on_header(const StreamHeader& header, Arena& arena, Buffer& out) {
    if (state_ != State::Header) {
        return {};
    }
    if (!header.is_stream || header.default_ns != ns::kServer) {
        return fail(
            StreamCondition::InvalidNamespace, broken("namespace of the header"), false, out);
    }
    // RFC 6120 §4.7.1: a server that answers as somebody else is not the one that we asked for.
    if (!header.from.empty()) {
        auto from = prepare_domain(header.from, arena);
        if (!from || *from != purpose_.remote) {
            return fail(StreamCondition::InvalidFrom,
                        broken("the header is from " + text::escape_for_log(header.from)),
                        false,
                        out);
        }
    }
    id_ = header.id;
    if (header.has_supported_version()) {
        state_ = State::Features;
        return {};
    }
    // RFC 6120 §4.7.5: before 1.0 there are neither features nor TLS, only dialback.
    is_old_ = true;
    return is_secure_ ? authenticate(false, out) : on_clear_features({}, out);
}

Actions OutgoingStream::on_element(const xml::Element& element, Arena& arena, Buffer& out) {
    if (state_ == State::Closed) {
        return {};
    }
    if (element.is("error", ns::kStreams)) {
        return on_stream_error(element, arena, out);
    }
    if (element.is("features", ns::kStreams) && state_ == State::Features) {
        return on_features(StreamFeatures::read(element), out);
    }
    if (element.ns == ns::kTls && state_ == State::Proceed) {
        if (element.name == "proceed") {
            state_ = State::Handshake;
            return {action::StartTls{}};
        }
        return fail(StreamCondition::PolicyViolation,
                    make_error(ErrorKind::Unreachable,
                               "IST-TLS-002",
                               "encryption failed",
                               "the peer answered starttls with a failure"),
                    true,
                    out);
    }
    if (element.ns == ns::kSasl && state_ == State::Sasl) {
        return on_sasl(element, arena, out);
    }
    if (auto answer = dialback::Element::read(element, arena)) {
        return on_dialback(*answer, out);
    }
    if (state_ == State::Up) {
        if (auto found = management::Element::read(element)) {
            return {action::Management{*std::move(found)}};
        }
    }
    // Abuse case B24: this stream runs one way.
    return fail(StreamCondition::NotAuthorized,
                broken("unexpected " + text::escape_for_log(element.name)),
                false,
                out);
}

Actions OutgoingStream::on_features(const StreamFeatures& features, Buffer& out) {
    offers_management_ = features.management;
    takes_pairs_ |= is_secure_ && features.dialback_errors;
    offers_bidi_ = features.bidi;
    if (has_sasl_) {
        // RFC 6120 §6.4.6: features after SASL are the end of the negotiation.
        return come_up(Mechanism::External);
    }
    return is_secure_ ? authenticate(features.external, out) : on_clear_features(features, out);
}

Actions OutgoingStream::on_secured(std::optional<Error> certificate_fault, Buffer& out) {
    is_secure_ = true;
    certificate_fault_ = std::move(certificate_fault);
    // RFC 6120 §13.7.1: we believe a server that its certificate proves, or, where the settings
    // allow dialback, the one that DNS leads to.
    if (certificate_fault_ &&
        (!may_use_dialback(purpose_.policy, true) || is_final(*certificate_fault_))) {
        enter_closed();
        Error why = *certificate_fault_;
        return {action::Close{std::move(why)}};
    }
    // What was learnt before counts no more: a new header, new features (RFC 6120 §5.4.3.3).
    id_.clear();
    open(out);
    if (certificate_fault_) {
        return {action::Note{*certificate_fault_, purpose_.remote}};
    }
    return {};
}

Actions OutgoingStream::authenticate(bool is_external_offered, Buffer& out) {
    if (purpose_.question) {
        return ask(out);
    }
    if (is_external_offered && purpose_.try_external && may_use_external(purpose_.policy) &&
        !certificate_fault_) {
        ask_for_bidi(out);
        // XEP-0178 §3: servers before RFC 6120 want the authorization identity in so many words; to
        // the others it says what the stream's from does.
        xml::Writer writer(out);
        writer.open("auth").attribute("xmlns", ns::kSasl).attribute("mechanism", "EXTERNAL");
        writer.text(digest::base64_encode(purpose_.local)).close("auth");
        state_ = State::Sasl;
        return {};
    }
    if (may_use_dialback(purpose_.policy, is_secure_)) {
        return start_dialback(out);
    }
    return fail(StreamCondition::PolicyViolation,
                refused("IST-AUTH-004",
                        "the remote server accepts none of our authentication methods",
                        is_external_offered ? "SASL is not supported by the settings"
                                            : "it does not offer SASL EXTERNAL"),
                false,
                out);
}

/// XEP-0288 §2.1: before authentication. What comes in is believed because of the certificate that
/// we have seen, so there must be one.
void OutgoingStream::ask_for_bidi(Buffer& out) {
    if (offers_bidi_ && is_secure_ && !certificate_fault_ && !has_bidi_) {
        xml::Writer(out).empty("bidi", ns::kBidi);
        has_bidi_ = true;
    }
}

Checked OutgoingStream::check(const xml::Element& element, Arena& arena) const {
    // XEP-0288 §2.2: the inverse pair, and no other.
    const auto standing = [this](std::string_view remote, std::string_view local) {
        return remote != purpose_.remote ? Standing::Nothing
               : local == purpose_.local ? Standing::Pair
                                         : Standing::From;
    };
    return check_stanza(element, arena, standing, [this](std::string_view domain) {
        return domain == purpose_.local;
    });
}

Actions OutgoingStream::start_dialback(Buffer& out) {
    if (id_.empty()) {
        return fail(StreamCondition::PolicyViolation, broken("a header without id"), true, out);
    }
    ask_for_bidi(out);
    dialback::write_result(
        out,
        purpose_.local,
        purpose_.remote,
        dialback::make_key(purpose_.dialback_secret, purpose_.remote, purpose_.local, id_));
    state_ = State::Dialback;
    return {};
}

Actions OutgoingStream::ask(Buffer& out) {
    if (!is_secure_ && !may_use_dialback(purpose_.policy, false)) {
        return fail(StreamCondition::PolicyViolation,
                    make_error(ErrorKind::Unreachable, "IST-TLS-001", "", "no TLS to verify over"),
                    false,
                    out);
    }
    dialback::write_verify(
        out, purpose_.local, purpose_.remote, purpose_.question->stream_id, purpose_.question->key);
    state_ = State::Verify;
    return {};
}

Actions OutgoingStream::on_sasl(const xml::Element& element, Arena& arena, Buffer& out) {
    if (element.name == "success") {
        has_sasl_ = true;
        open(out);
        return {action::Restart{}};
    }
    if (element.name == "challenge") {
        xml::Writer writer(out);
        writer.open("response").attribute("xmlns", ns::kSasl).text("=").close("response");
        return {};
    }
    std::string said(first_condition(element, ns::kSasl));
    if (const auto* text = element.child("text", ns::kSasl)) {
        said += ": " + text::escape_for_log(text->all_text(arena));
    }
    was_external_refused_ = true;
    // XEP-0178 §3: the peer may go on with dialback, or end the stream.
    if (may_use_dialback(purpose_.policy, is_secure_)) {
        Actions actions = start_dialback(out);
        actions.insert(actions.begin(), action::Note{fault::fell_back(said), purpose_.remote});
        return actions;
    }
    Error why = refused("IST-AUTH-004", "the remote server refused our authentication", said);
    close(out);
    return {action::Close{std::move(why)}};
}

Actions OutgoingStream::on_dialback(const dialback::Element& answer, Buffer& out) {
    const bool is_about_us = answer.from == purpose_.remote && answer.to == purpose_.local;
    if (state_ == State::Verify && answer.is_verify && is_about_us &&
        answer.id == purpose_.question->stream_id && !answer.type.empty()) {
        close(out);
        return {action::Verified{answer.verdict(), std::string(answer.condition)}};
    }
    if (auto answered = on_pair_answered(answer)) {
        return *std::move(answered);
    }
    if (state_ != State::Dialback || answer.is_verify || !is_about_us || answer.type.empty()) {
        // Abuse case B12: an answer to a question that was never asked.
        return {
            action::Note{broken("an answer of dialback that nobody asked for"), purpose_.remote}};
    }
    if (answer.verdict() == Verdict::Valid) {
        return come_up(Mechanism::Dialback);
    }
    const bool is_temporary = answer.condition == "remote-server-timeout" ||
                              answer.condition == "remote-server-not-found" ||
                              answer.condition == "resource-constraint" ||
                              answer.condition == "internal-server-error";
    close(out);
    return {
        action::Close{refused("IST-DB-001",
                              "the remote server did not accept our dialback key",
                              std::string(answer.type) + (answer.condition.empty() ? "" : ": ") +
                                  text::escape_for_log(answer.condition)),
                      is_temporary}};
}

Actions OutgoingStream::on_stream_error(const xml::Element& element, Arena& arena, Buffer& out) {
    std::string said = describe_stream_error(element, arena);
    if (waits_for_unoffered_tls()) {
        close(out);
        return {action::Close{no_encryption(said)}};
    }
    const std::string_view condition = first_condition(element, ns::kStreamErrors);
    const bool was_up = state_ == State::Up;
    const bool was_refusal =
        !was_up && (condition == "not-authorized" || condition == "policy-violation");
    was_external_refused_ |= was_refusal && state_ == State::Sasl;
    close(out);
    if (was_refusal) {
        return {action::Close{
            refused("IST-AUTH-004", "the remote server refused our authentication", said),
            was_external_refused_ && may_use_dialback(purpose_.policy, is_secure_)}};
    }
    const bool is_wrong_host = condition == "host-unknown" || condition == "host-gone";
    return {action::Close{make_error(is_wrong_host ? ErrorKind::NotFound : ErrorKind::Unreachable,
                                     "IST-XMPP-002",
                                     "the remote server ended the stream",
                                     std::move(said)),
                          !is_wrong_host}};
}

Actions OutgoingStream::refuse_pipelined(Buffer& out) {
    return fail(
        StreamCondition::PolicyViolation, broken("octets in clear text behind proceed"), true, out);
}

Actions OutgoingStream::come_up(Mechanism mechanism) {
    state_ = State::Up;
    return {action::Authenticated{purpose_.remote, purpose_.local, mechanism, offers_management_}};
}

Actions OutgoingStream::on_end(Buffer& out) {
    if (state_ == State::Closed) {
        return {};
    }
    const bool was_up = state_ == State::Up;
    was_external_refused_ |= state_ == State::Sasl;
    const bool is_without_tls = waits_for_unoffered_tls();
    close(out);
    if (is_without_tls) {
        return {action::Close{no_encryption()}};
    }
    if (was_external_refused_ && !was_up) {
        return {action::Close{refused("IST-AUTH-004",
                                      "the remote server refused our authentication",
                                      "it ended the stream after SASL"),
                              may_use_dialback(purpose_.policy, is_secure_)}};
    }
    return {action::Close{make_error(ErrorKind::Unreachable,
                                     "IST-XMPP-002",
                                     "the remote server ended the stream",
                                     "end of stream"),
                          true,
                          true}};
}

Actions OutgoingStream::fail(StreamCondition condition, Error why, bool retry, Buffer& out) {
    if (state_ == State::Closed) {
        return {};
    }
    if (waits_for_unoffered_tls()) {
        condition = StreamCondition::PolicyViolation;
        why = no_encryption();
        retry = false;
    }
    write_stream_error(out, condition, "");
    close(out);
    return {action::Close{std::move(why), retry}};
}

void OutgoingStream::close(Buffer& out) {
    if (state_ != State::Closed) {
        out.append(kStreamClose);
        enter_closed();
    }
}

void OutgoingStream::enter_closed() {
    closed_at_ = state_;
    state_ = State::Closed;
}

std::string_view OutgoingStream::step() const {
    switch (state_ == State::Closed ? closed_at_ : state_) {
        case State::Header:
        case State::Features:
            return "stream";
        case State::Proceed:
        case State::Handshake:
            return "tls";
        case State::Sasl:
            return "auth";
        case State::Dialback:
        case State::Verify:
            return "dialback";
        case State::Up:
        case State::Closed:
            break;
    }
    return "up";
}

}  // namespace isthmus::xmpp
