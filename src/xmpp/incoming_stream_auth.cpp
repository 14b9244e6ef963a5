// What a peer proves on its stream: SASL EXTERNAL (RFC 6120 §6, XEP-0178) and dialback (XEP-0220).
#include "base/digest.h"
#include "xml/writer.h"
#include "xmpp/incoming_stream.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr std::size_t kMaxPairs = 64;
constexpr std::size_t kMaxPending = 16;
constexpr int kMaxSaslFailures = 2;

}  // namespace

Actions IncomingStream::on_sasl(const xml::Element& element, Arena& arena, Buffer& out) {
    if (has_sasl_) {
        // Abuse case B11: one identity by SASL, once.
        return fail(
            StreamCondition::PolicyViolation, fault::broken("a second SASL negotiation"), out);
    }
    if (element.name == "abort") {
        awaits_response_ = false;
        return refuse_sasl("aborted", out);
    }
    if (element.name == "response" && awaits_response_) {
        awaits_response_ = false;
        return on_response(element.all_text(arena), arena, out);
    }
    if (element.name != "auth" || awaits_response_) {
        return refuse_sasl("malformed-request", out);
    }
    if (element.attribute("mechanism").value_or("") != "EXTERNAL") {
        return refuse_sasl("invalid-mechanism", out);
    }
    if (!is_secure_) {
        return refuse_sasl("encryption-required", out);
    }
    if (!offers_external_) {
        return refuse_sasl("not-authorized", out);
    }
    const std::string_view text = element.all_text(arena);
    if (text.empty()) {
        // RFC 6120 §6.4.2: no initial response, so it is asked for.
        awaits_response_ = true;
        xml::Writer(out).empty("challenge", ns::kSasl);
        return {};
    }
    return on_response(text, arena, out);
}

Actions IncomingStream::on_response(std::string_view text, Arena& arena, Buffer& out) {
    if (!text.empty() && text != "=") {
        auto authzid = digest::base64_decode(text);
        if (!authzid) {
            return refuse_sasl("incorrect-encoding", out);
        }
        auto domain = prepare_domain(*authzid, arena);
        if (!domain || *domain != remote_) {
            return refuse_sasl("invalid-authzid", out);
        }
    }
    has_sasl_ = true;
    offers_external_ = false;
    is_open_ = false;
    pairs_.push_back({remote_, local_, Mechanism::External});
    xml::Writer(out).empty("success", ns::kSasl);
    return {action::Restart{}, action::Authenticated{remote_, local_, Mechanism::External}};
}

Actions IncomingStream::refuse_sasl(std::string_view condition, Buffer& out) {
    xml::Writer writer(out);
    writer.open("failure").attribute("xmlns", ns::kSasl);
    writer.element(condition, "").close("failure");
    Error why = make_error(ErrorKind::NotAuthorized,
                           "IST-AUTH-003",
                           "too many attempts",
                           "SASL " + std::string(condition));
    if (++sasl_failures_ >= kMaxSaslFailures) {
        return fail(StreamCondition::PolicyViolation, std::move(why), out);
    }
    return {action::Note{std::move(why), remote_}};
}

Actions IncomingStream::on_dialback(const dialback::Element& element, Buffer& out) {
    if (!element.type.empty()) {
        // Abuse cases B12, B13: answers belong on the streams that we have opened.
        return {
            action::Note{fault::broken("an answer of dialback that nobody asked for"), remote_}};
    }
    if (element.from.empty() || element.to.empty()) {
        return fail(
            StreamCondition::ImproperAddressing, fault::broken("dialback without addresses"), out);
    }
    if (!element.is_verify) {
        return on_result(element, out);
    }
    // Abuse case A14, also for those who named no domain in their header.
    auto policy = directory_.link_policy(element.from);
    if (policy && policy->tls == Negotiation::Required && !is_secure_) {
        return fail(StreamCondition::PolicyViolation, fault::tls_required("db:verify"), out);
    }
    if (!directory_.serves(element.to)) {
        dialback::write_error(out, element, Condition::ItemNotFound);
        return {};
    }
    const bool is_ours = dialback::is_our_key(
        element.key, directory_.dialback_secret(), element.from, element.to, element.id);
    dialback::write_verdict(out, element, is_ours ? Verdict::Valid : Verdict::Invalid);
    if (is_ours) {
        return {};
    }
    return {action::Note{
        make_error(
            ErrorKind::NotAuthorized, "IST-DB-002", "", "asked about a key that is not ours"),
        std::string(element.from)}};
}

Actions IncomingStream::on_result(const dialback::Element& question, Buffer& out) {
    if (!directory_.serves(question.to)) {
        return refuse_result(
            question, Condition::ItemNotFound, "IST-POL-006", "a domain that we do not serve", out);
    }
    // Abuse case B16; never a connection to ourselves.
    if (directory_.serves(question.from)) {
        return refuse_result(
            question, Condition::NotAllowed, "IST-AUTH-003", "dialback as one of our domains", out);
    }
    auto policy = directory_.link_policy(question.from);
    if (!policy) {
        const Error why = directory_.link_refusal(question.from);
        return refuse_result(question, Condition::PolicyViolation, why.code, why.detail, out);
    }
    if (breaks_pin(certificate_, *policy)) {
        return refuse_result(question,
                             Condition::NotAuthorized,
                             "IST-CERT-040",
                             "dialback with another certificate than the pinned one",
                             out);
    }
    if (!may_use_dialback(*policy, is_secure_)) {
        return refuse_result(question,
                             Condition::PolicyViolation,
                             "IST-AUTH-003",
                             "the settings do not allow dialback here",
                             out);
    }
    if (is_authorised(question.from, question.to)) {
        dialback::write_verdict(out, question, Verdict::Valid);
        return {};
    }
    auto is_same = [&](const Pending& pending) {
        return pending.pair.remote == question.from && pending.pair.local == question.to;
    };
    if (std::ranges::any_of(pending_, is_same)) {
        return {};
    }
    if (pending_.size() >= kMaxPending || pairs_.size() >= kMaxPairs || question.key.empty()) {
        return refuse_result(
            question, Condition::ResourceConstraint, "IST-LIM-002", "too many domain pairs", out);
    }
    std::string key(question.key);
    pending_.push_back(
        {{std::string(question.from), std::string(question.to), Mechanism::Dialback}, key});
    return {action::VerifyKey{
        std::string(question.from), std::string(question.to), id_, std::move(key)}};
}

Actions IncomingStream::refuse_result(const dialback::Element& question,
                                      Condition condition,
                                      std::string_view code,
                                      std::string_view why,
                                      Buffer& out) {
    dialback::write_error(out, question, condition);
    return {action::Note{make_error(ErrorKind::NotAuthorized, code, "", std::string(why)),
                         std::string(question.from)}};
}

Actions IncomingStream::on_verified(std::string_view remote,
                                    std::string_view local,
                                    Verdict verdict,
                                    Buffer& out) {
    auto found = std::ranges::find_if(pending_, [&](const Pending& pending) {
        return pending.pair.remote == remote && pending.pair.local == local;
    });
    if (found == pending_.end() || is_closed_) {
        return {};
    }
    Pair pair = std::move(found->pair);
    pending_.erase(found);
    dialback::Element question;
    question.from = pair.remote;
    question.to = pair.local;
    if (verdict == Verdict::Unknown || verdict == Verdict::NoServer) {
        // XEP-0220 §2.5
        dialback::write_error(out,
                              question,
                              verdict == Verdict::NoServer ? Condition::RemoteServerNotFound
                                                           : Condition::RemoteServerTimeout);
        return {};
    }
    dialback::write_verdict(out, question, verdict);
    if (verdict == Verdict::Valid) {
        pairs_.push_back(pair);
        return {action::Authenticated{
            std::move(pair.remote), std::move(pair.local), Mechanism::Dialback}};
    }
    Error why = make_error(ErrorKind::NotAuthorized,
                           "IST-DB-002",
                           "",
                           "the authoritative server denies the key of " + pair.remote);
    if (!pairs_.empty() || !pending_.empty()) {
        return {action::Note{std::move(why), pair.remote}};
    }
    // XEP-0220 §2.2.1: with nothing proved on it, the stream has no use left.
    out.append(kStreamClose);
    is_closed_ = true;
    return {action::Close{std::move(why)}};
}

}  // namespace isthmus::xmpp
