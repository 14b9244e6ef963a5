#include "xmpp/incoming_stream.h"

#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/posh.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

std::string prepared_domain(std::string_view text, Arena& arena) {
    auto domain = prepare_domain(text, arena);
    return domain ? std::string(*domain) : std::string();
}

}  // namespace

std::optional<Kind> stanza_kind(std::string_view name) {
    if (name == "message") {
        return Kind::Message;
    }
    if (name == "presence") {
        return Kind::Presence;
    }
    if (name == "iq") {
        return Kind::Iq;
    }
    return std::nullopt;
}

Actions IncomingStream::on_header(const StreamHeader& header, Arena& arena, Buffer& out) {
    is_open_ = false;
    if (auto refused = refuse_header(header, arena, out)) {
        return *std::move(refused);
    }
    write_header(out);
    return offer(arena, out);
}

std::optional<Actions> IncomingStream::refuse_header(const StreamHeader& header,
                                                     Arena& arena,
                                                     Buffer& out) {
    asked_to_ = prepared_domain(header.to, arena);
    if (!header.is_stream || header.default_ns != ns::kServer) {
        return fail(
            StreamCondition::InvalidNamespace, fault::broken("namespace of the header"), out);
    }
    if (!header.has_supported_version()) {
        return fail(
            StreamCondition::UnsupportedVersion, fault::broken("version of the header"), out);
    }
    // RFC 6120 §4.9.3.6; nothing tells which domains we do serve.
    if (asked_to_.empty() || !directory_.serves(asked_to_)) {
        return fail(StreamCondition::HostUnknown,
                    make_error(ErrorKind::NotFound,
                               "IST-POL-006",
                               "",
                               text::escape_for_log(header.to) + " is not served here"),
                    out);
    }
    std::string from = prepared_domain(header.from, arena);
    if ((from.empty() && !header.from.empty()) || (!from.empty() && directory_.serves(from))) {
        return fail(StreamCondition::InvalidFrom,
                    fault::broken("from " + text::escape_for_log(header.from)),
                    out);
    }
    // Abuse case A16: what EXTERNAL has proved is not carried over to other names.
    if (has_sasl_ && ((!from.empty() && from != remote_) || asked_to_ != local_)) {
        return fail(StreamCondition::InvalidFrom,
                    make_error(ErrorKind::NotAuthorized,
                               "IST-AUTH-003",
                               "",
                               "other names in the header after SASL"),
                    out);
    }
    if (has_sasl_) {
        return std::nullopt;
    }
    remote_ = std::move(from);
    local_ = asked_to_;
    policy_.reset();
    if (!remote_.empty()) {
        policy_ = directory_.link_policy(remote_);
        if (!policy_) {
            return fail(StreamCondition::PolicyViolation, directory_.link_refusal(remote_), out);
        }
        if (auto full = directory_.capacity_fault(remote_, *policy_)) {
            return fail(StreamCondition::ResourceConstraint, *std::move(full), out);
        }
    }
    return std::nullopt;
}

void IncomingStream::write_header(Buffer& out) {
    id_ = directory_.make_stream_id();
    StreamHeader ours;
    ours.default_ns = ns::kServer;
    ours.from = asked_to_;
    ours.to = remote_;
    ours.id = id_;
    ours.write(out);
    is_open_ = true;
}

Actions IncomingStream::offer(Arena& arena, Buffer& out) {
    std::optional<Error> fault;
    const bool may_be_external = !has_sasl_ && policy_ && may_use_external(*policy_);
    if (is_secure_ && policy_ && (may_be_external || breaks_pin(certificate_, *policy_))) {
        fault = certificate_fault(certificate_, remote_, *policy_, arena);
        if (fault && may_be_vouched_for(certificate_, *fault, *policy_)) {
            awaits_voucher_ = true;
            return {action::AskForVoucher{remote_, policy_->may_be_private, *std::move(fault)}};
        }
    }
    return write_features(std::move(fault), out);
}

Actions IncomingStream::on_vouched(std::optional<Error> fault, Buffer& out) {
    if (!std::exchange(awaits_voucher_, false) || is_closed_) {
        return {};
    }
    was_vouched_for_ = !fault;
    if (was_vouched_for_ && !(policy_ && policy_->allow_posh)) {
        return fail(StreamCondition::Reset, fault::settings_changed(), out);
    }
    return write_features(std::move(fault), out);
}

Actions IncomingStream::write_features(std::optional<Error> certificate_fault, Buffer& out) {
    StreamFeatures features;
    if (!is_secure_) {
        features.starttls = directory_.has_tls() && (!policy_ || may_use_tls(*policy_));
        features.starttls_required = policy_ && policy_->tls == Negotiation::Required;
    } else if (!has_sasl_ && policy_ && may_use_external(*policy_)) {
        // XEP-0178 §3: offered only to whom the certificate will let in.
        features.external = !certificate_fault;
    }
    const bool is_not_pinned = is_secure_ && policy_ && breaks_pin(certificate_, *policy_);
    features.dialback = !policy_ || (may_use_dialback(*policy_, is_secure_) && !is_not_pinned);
    features.management = has_sasl_;
    features.bidi = is_secure_ && !has_sasl_ && policy_;
    offers_tls_ = features.starttls;
    offers_external_ = features.external;
    if (!has_sasl_ && !features.starttls && !features.external && !features.dialback) {
        // Abuse case B04: no quiet fall to something weaker.
        return fail(StreamCondition::NotAuthorized,
                    certificate_fault ? *std::move(certificate_fault)
                                      : make_error(ErrorKind::NotAuthorized,
                                                   "IST-TLS-001",
                                                   "no authentication method is left",
                                                   "the settings leave no method on this stream"),
                    out);
    }
    features.write(out);
    if (certificate_fault) {
        return {action::Note{*std::move(certificate_fault), remote_}};
    }
    return {};
}

bool IncomingStream::must_secure_first() const {
    return !is_secure_ && policy_ && policy_->tls == Negotiation::Required;
}

Actions IncomingStream::on_element(const xml::Element& element, Arena& arena, Buffer& out) {
    if (is_closed_) {
        return {};
    }
    if (element.is("error", ns::kStreams)) {
        Error why = make_error(
            ErrorKind::Unreachable, "IST-XMPP-002", "", describe_stream_error(element, arena));
        return on_end(out).empty() ? Actions{} : Actions{action::Close{std::move(why)}};
    }
    if (element.is("starttls", ns::kTls)) {
        return on_starttls(out);
    }
    if (must_secure_first()) {
        return fail(StreamCondition::PolicyViolation, fault::tls_required(element.name), out);
    }
    if (element.ns == ns::kSasl) {
        return on_sasl(element, arena, out);
    }
    if (auto found = dialback::Element::read(element, arena)) {
        return on_dialback(*found, out);
    }
    if (element.is("bidi", ns::kBidi)) {
        return on_bidi(out);
    }
    if (element.ns == ns::kServer && stanza_kind(element.name)) {
        return fail(StreamCondition::NotAuthorized,
                    make_error(ErrorKind::NotAuthorized,
                               "IST-AUTH-003",
                               "not authenticated",
                               "a stanza before authentication"),
                    out);
    }
    // RFC 6120 §4.9.3.10: the content namespace is the stream's.
    auto condition = stanza_kind(element.name) ? StreamCondition::InvalidNamespace
                                               : StreamCondition::UnsupportedStanzaType;
    return fail(condition,
                fault::broken(text::escape_for_log(element.name) + " in " +
                              text::escape_for_log(element.ns)),
                out);
}

Actions IncomingStream::on_starttls(Buffer& out) {
    if (is_secure_ || !offers_tls_) {
        // RFC 6120 §5.4.2.2
        xml::Writer(out).empty("failure", ns::kTls);
        out.append(kStreamClose);
        is_closed_ = true;
        return {action::Close{fault::broken("starttls was not offered")}};
    }
    return {action::StartTls{}};
}

Actions IncomingStream::on_bidi(Buffer& out) {
    // XEP-0288 §2.1: between TLS and authentication, and not in clear text.
    if (!is_secure_ || is_authenticated()) {
        return fail(StreamCondition::PolicyViolation, fault::broken("bidi at the wrong time"), out);
    }
    has_bidi_ = true;
    return {};
}

void IncomingStream::proceed(Buffer& out) const {
    xml::Writer(out).empty("proceed", ns::kTls);
}

Actions IncomingStream::refuse_pipelined(Buffer& out) {
    return fail(StreamCondition::PolicyViolation,
                fault::broken("octets in clear text behind starttls"),
                out);
}

void IncomingStream::on_secured(const net::PeerCertificate* certificate) {
    // RFC 6120 §5.4.3.3: nothing that was said in clear text counts any more.
    is_secure_ = true;
    certificate_ = certificate;
    remote_.clear();
    local_.clear();
    asked_to_.clear();
    policy_.reset();
    pairs_.clear();
    pending_.clear();
    is_open_ = false;
    offers_tls_ = false;
    has_bidi_ = false;
    awaits_voucher_ = was_vouched_for_ = false;
}

Actions IncomingStream::on_end(Buffer& out) {
    if (std::exchange(is_closed_, true)) {
        return {};
    }
    out.append(kStreamClose);
    return {action::Close{
        make_error(ErrorKind::Unreachable, "the peer ended the stream"), false, true}};
}

void IncomingStream::close(Buffer& out) {
    if (!std::exchange(is_closed_, true)) {
        out.append(kStreamClose);
    }
}

Actions IncomingStream::fail(StreamCondition condition, Error why, Buffer& out) {
    if (is_closed_) {
        return {};
    }
    if (!is_open_) {
        write_header(out);
    }
    write_stream_error(out, condition, why.public_text);
    out.append(kStreamClose);
    is_closed_ = true;
    why.detail = std::string(stream_condition_name(condition)) + ": " + why.detail;
    return {action::Close{std::move(why)}};
}

Actions IncomingStream::recheck(Buffer& out) {
    auto is_gone = [this](const std::string& domain) {
        return !domain.empty() && !directory_.link_policy(domain);
    };
    auto gone = std::ranges::find_if(pairs_, is_gone, &Pair::remote);
    if (gone == pairs_.end() && !is_gone(remote_)) {
        const auto is_forbidden = [this](const Pair& pair) {
            const auto policy = directory_.link_policy(pair.remote);
            const bool is_by_posh = was_vouched_for_ && pair.mechanism == Mechanism::External;
            return policy && (!is_still_allowed(*policy, pair.mechanism, is_secure_) ||
                              (is_by_posh && !policy->allow_posh));
        };
        if (policy_) {
            policy_ = directory_.link_policy(remote_);
        }
        if (std::ranges::none_of(pairs_, is_forbidden)) {
            return {};
        }
        // RFC 6120 §4.9.3.16: to be negotiated anew.
        return fail(StreamCondition::Reset, fault::settings_changed(), out);
    }
    return fail(StreamCondition::PolicyViolation,
                directory_.link_refusal(gone == pairs_.end() ? remote_ : gone->remote),
                out);
}

bool IncomingStream::is_authorised(std::string_view remote, std::string_view local) {
    auto is_same = [&](const Pair& pair) { return pair.remote == remote && pair.local == local; };
    if (last_pair_ < pairs_.size() && is_same(pairs_[last_pair_])) {
        return true;
    }
    auto found = std::ranges::find_if(pairs_, is_same);
    if (found == pairs_.end()) {
        return false;
    }
    last_pair_ = static_cast<std::size_t>(found - pairs_.begin());
    return true;
}

Checked IncomingStream::check(const xml::Element& element, Arena& arena) {
    const auto standing = [this](std::string_view remote, std::string_view local) {
        if (!local.empty() && is_authorised(remote, local)) {
            return Standing::Pair;
        }
        return std::ranges::any_of(pairs_, [&](const Pair& p) { return p.remote == remote; })
                   ? Standing::From
                   : Standing::Nothing;
    };
    return check_stanza(element, arena, standing, [this](std::string_view domain) {
        return directory_.serves(domain);
    });
}

}  // namespace isthmus::xmpp
