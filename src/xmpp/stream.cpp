#include "xmpp/stream.h"

#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/jid.h"

#include <algorithm>
#include <array>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kNotPinned = "IST-CERT-040";
constexpr std::string_view kNotInDns = "IST-CERT-042";

constexpr std::array<std::string_view, 25> kConditionNames = {
    "bad-format",
    "bad-namespace-prefix",
    "conflict",
    "connection-timeout",
    "host-gone",
    "host-unknown",
    "improper-addressing",
    "internal-server-error",
    "invalid-from",
    "invalid-namespace",
    "invalid-xml",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "remote-connection-failed",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "see-other-host",
    "system-shutdown",
    "undefined-condition",
    "unsupported-encoding",
    "unsupported-feature",
    "unsupported-stanza-type",
    "unsupported-version",
};

}  // namespace

std::string_view stream_condition_name(StreamCondition condition) {
    return kConditionNames[static_cast<std::size_t>(condition)];
}

StreamCondition condition_of(xml::Fault fault) {
    switch (fault) {
        case xml::Fault::RestrictedXml:
            return StreamCondition::RestrictedXml;
        case xml::Fault::BadNamespacePrefix:
            return StreamCondition::BadNamespacePrefix;
        case xml::Fault::UnsupportedEncoding:
            return StreamCondition::UnsupportedEncoding;
        case xml::Fault::TooLarge:
            return StreamCondition::PolicyViolation;
        case xml::Fault::None:
        case xml::Fault::NotWellFormed:
            break;
    }
    return StreamCondition::NotWellFormed;
}

void write_stream_error(Buffer& to, StreamCondition condition, std::string_view text) {
    xml::Writer writer(to);
    writer.open("stream:error");
    writer.empty(stream_condition_name(condition), ns::kStreamErrors);
    if (!text.empty()) {
        writer.open("text").attribute("xmlns", ns::kStreamErrors);
        writer.attribute("xml:lang", "en").text(text).close("text");
    }
    writer.close("stream:error");
}

std::string_view first_condition(const xml::Element& error, std::string_view namespace_uri) {
    for (const auto* at = error.first_element(); at != nullptr; at = at->next_element()) {
        if (at->ns == namespace_uri && at->name != "text") {
            return at->name;
        }
    }
    return {};
}

std::string describe_stream_error(const xml::Element& error, Arena& arena) {
    const std::string_view condition = first_condition(error, ns::kStreamErrors);
    std::string said(condition.empty() ? "undefined-condition" : condition);
    if (const auto* text = error.child("text", ns::kStreamErrors)) {
        said += ": ";
        said += text::escape_for_log(text->all_text(arena));
    }
    return said;
}

StreamHeader StreamHeader::read(const xml::Element& root, std::string_view default_ns) {
    StreamHeader header;
    header.from = root.attribute("from").value_or("");
    header.to = root.attribute("to").value_or("");
    header.id = root.attribute("id").value_or("");
    header.version = root.attribute("version").value_or("");
    header.default_ns = default_ns;
    header.is_stream = root.is("stream", ns::kStreams);
    return header;
}

void StreamHeader::write(Buffer& out) const {
    auto attribute = [&out](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            out.append(' ').append(name).append("='");
            xml::append_attribute_value(out, value);
            out.append('\'');
        }
    };
    out.append("<?xml version='1.0'?><stream:stream");
    attribute("xmlns", default_ns);
    attribute("xmlns:stream", ns::kStreams);
    if (default_ns == ns::kServer) {
        attribute("xmlns:db", ns::kDialback);
        attribute("version", "1.0");
        attribute("xml:lang", "en");
    }
    attribute("from", from);
    attribute("to", to);
    attribute("id", id);
    out.append('>');
}

bool StreamHeader::has_supported_version() const {
    const std::string_view major = version.substr(0, version.find('.'));
    auto number = text::to_number(major);
    return number && *number >= 1;
}

StreamFeatures StreamFeatures::read(const xml::Element& features) {
    StreamFeatures found;
    if (const auto* starttls = features.child("starttls", ns::kTls)) {
        found.starttls = true;
        found.starttls_required = starttls->child("required", ns::kTls) != nullptr;
    }
    if (const auto* mechanisms = features.child("mechanisms", ns::kSasl)) {
        for (const auto* at = mechanisms->first_element(); at != nullptr; at = at->next_element()) {
            found.external |= at->is("mechanism", ns::kSasl) && text::trim(at->text) == "EXTERNAL";
        }
    }
    if (const auto* dialback = features.child("dialback", ns::kDialbackFeature)) {
        found.dialback = true;
        found.dialback_errors = dialback->child("errors", ns::kDialbackFeature) != nullptr;
    }
    found.bidi = features.child("bidi", ns::kBidiFeature) != nullptr;
    found.management = features.child("sm", ns::kManagement) != nullptr;
    return found;
}

void StreamFeatures::write(Buffer& to) const {
    xml::Writer writer(to);
    writer.open("stream:features");
    if (starttls) {
        writer.open("starttls").attribute("xmlns", ns::kTls);
        if (starttls_required) {
            writer.element("required", "");
        }
        writer.close("starttls");
    }
    if (external) {
        writer.open("mechanisms").attribute("xmlns", ns::kSasl);
        writer.element("mechanism", "EXTERNAL");
        writer.close("mechanisms");
    }
    if (dialback) {
        // XEP-0220 §2.3: we send and understand dialback errors.
        writer.open("dialback").attribute("xmlns", ns::kDialbackFeature);
        writer.element("errors", "");
        writer.close("dialback");
    }
    if (bidi) {
        writer.empty("bidi", ns::kBidiFeature);
    }
    if (management) {
        writer.empty("sm", ns::kManagement);
    }
    writer.close("stream:features");
}

bool may_use_tls(const LinkPolicy& policy) {
    return policy.tls != Negotiation::NotSupported;
}

bool may_use_external(const LinkPolicy& policy) {
    return may_use_tls(policy) && policy.sasl != Negotiation::NotSupported;
}

bool may_use_dialback(const LinkPolicy& policy, bool is_secure) {
    if (!policy.dialback) {
        return false;
    }
    if (!is_secure) {
        // In clear text nobody shows the certificate that is pinned.
        return policy.tls != Negotiation::Required && policy.pinned_certificates.empty();
    }
    return policy.tls != Negotiation::Required || policy.sasl != Negotiation::Required;
}

LocationTerms location_terms(const LinkPolicy& policy, bool has_tls) {
    return {.with_direct_tls = has_tls && may_use_tls(policy),
            .may_be_private = policy.may_be_private,
            .with_tlsa = has_tls && may_use_tls(policy)};
}

bool is_final(const Error& certificate_fault) {
    return certificate_fault.code == kNotPinned || certificate_fault.code == kNotInDns;
}

bool breaks_pin(const net::PeerCertificate* certificate, const LinkPolicy& policy) {
    const auto& pins = policy.pinned_certificates;
    return !pins.empty() &&
           (certificate == nullptr || std::ranges::find(pins, certificate->sha256) == pins.end());
}

bool is_still_allowed(const LinkPolicy& policy, Mechanism mechanism, bool is_secure) {
    if (!is_secure && policy.tls == Negotiation::Required) {
        return false;
    }
    return mechanism == Mechanism::External ? may_use_external(policy)
                                            : may_use_dialback(policy, is_secure);
}

std::optional<Error> certificate_fault(const net::PeerCertificate* certificate,
                                       std::string_view domain,
                                       const LinkPolicy& policy,
                                       Arena& arena) {
    if (breaks_pin(certificate, policy)) {
        return make_error(ErrorKind::NotAuthorized,
                          kNotPinned,
                          "the certificate is not the one that was agreed on",
                          certificate == nullptr
                              ? "the peer showed no certificate, and one is pinned"
                              : "SHA-256 " + certificate->sha256 + " is not pinned (" +
                                    text::escape_for_log(certificate->subject) + ")");
    }
    if (!policy.pinned_certificates.empty()) {
        return std::nullopt;
    }
    if (certificate == nullptr) {
        return make_error(ErrorKind::NotAuthorized,
                          "IST-CERT-001",
                          "no certificate was shown",
                          "the peer showed no certificate");
    }
    if (certificate->dane == net::Dane::Mismatch) {
        return make_error(ErrorKind::NotAuthorized,
                          kNotInDns,
                          "the certificate is not the one that DNS names",
                          certificate->trust_error + ": TLSA records of " +
                              text::escape_for_log(certificate->dane_host) + ", SHA-256 " +
                              certificate->sha256);
    }
    if (certificate->dane == net::Dane::EndEntity) {
        return std::nullopt;  // RFC 7671 §5.1: neither names nor dates
    }
    if (certificate->is_revoked) {
        return make_error(
            ErrorKind::NotAuthorized,
            "IST-CERT-041",
            "the certificate was revoked",
            text::escape_for_log(certificate->subject) + ", SHA-256 " + certificate->sha256);
    }
    if (!certificate->is_trusted) {
        return make_error(ErrorKind::NotAuthorized,
                          "IST-CERT-002",
                          "the certificate is not trusted",
                          certificate->trust_error + " (" +
                              text::escape_for_log(certificate->subject) + ", issued by " +
                              text::escape_for_log(certificate->issuer) + ")");
    }
    // RFC 7673 §4.2: where TLSA records were found, the name of the target will do.
    const bool proves_target = certificate->dane == net::Dane::Authority &&
                               net::names_host(*certificate, certificate->dane_host);
    auto ascii = domain_to_ascii(domain, arena);
    if (!proves_target && (!ascii || !net::proves_xmpp_domain(*certificate, *ascii))) {
        return make_error(ErrorKind::NotAuthorized,
                          "IST-CERT-001",
                          "the certificate does not prove the domain",
                          text::escape_for_log(certificate->subject) + " does not prove " +
                              text::escape_for_log(domain));
    }
    return std::nullopt;
}

Error fault::broken(std::string detail) {
    return make_error(ErrorKind::Syntax, "IST-XMPP-001", "", std::move(detail));
}

Error fault::unacknowledged() {
    return make_error(ErrorKind::Unreachable,
                      "IST-XMPP-012",
                      "the connection was lost before the message was acknowledged",
                      "the partner did not acknowledge it on the stream that is gone");
}

Error fault::fell_back(std::string_view said) {
    return make_error(ErrorKind::NotAuthorized,
                      "IST-XMPP-010",
                      "the remote server refused our certificate; dialback is used instead",
                      "SASL EXTERNAL was answered: " + std::string(said));
}

Error fault::is_ourselves(const net::Endpoint& at) {
    return make_error(ErrorKind::Unreachable,
                      "IST-TCP-005",
                      "the remote server cannot be reached",
                      at.to_string() + " is a listener of this gateway");
}

Error fault::settings_changed() {
    return make_error(ErrorKind::Unreachable, "the settings for this partner have changed");
}

Error fault::tls_required(std::string_view what) {
    return make_error(ErrorKind::NotAuthorized,
                      "IST-TLS-001",
                      "encryption is required",
                      text::escape_for_log(what) + " before TLS");
}

std::string_view mechanism_name(Mechanism mechanism) {
    switch (mechanism) {
        case Mechanism::External:
            return "external";
        case Mechanism::Dialback:
            return "dialback";
        case Mechanism::Component:
            return "component";
    }
    return "";
}

}  // namespace isthmus::xmpp
