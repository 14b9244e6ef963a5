#include "control/certificate_checks.h"

#include "base/utc.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

using Weight = CertificateFinding::Weight;

constexpr std::int64_t kDay = 86400;

std::int64_t seconds_of(std::chrono::sys_seconds time) {
    return time.time_since_epoch().count();
}

void check_key(const KnownCertificate& one, std::vector<CertificateFinding>& to) {
    const net::CertificateFacts& facts = *one.facts;
    const bool is_authority = one.document.key.empty();
    if (is_authority) {
        to.push_back(
            {"IST-CERT-026",
             "It is the certificate of an authority: it completes the chains of others and "
             "cannot be shown.",
             Weight::Bar});
    } else if (one.key_pem.empty()) {
        to.push_back({"IST-CERT-025", "Its private key cannot be opened here.", Weight::Bar});
    }
    if (facts.is_weak_key) {
        to.push_back({"IST-CERT-017",
                      fmt::format("Its key ({}) is one that peers do not accept.", facts.key),
                      Weight::Bar});
    }
    if (facts.is_weak_signature && !is_authority) {
        to.push_back(
            {"IST-CERT-018",
             fmt::format("It is signed with {}, which peers do not accept.", facts.signature),
             Weight::Bar});
    }
}

void check_time(const net::CertificateFacts& facts,
                std::int64_t now,
                std::vector<CertificateFinding>& to) {
    const std::int64_t end = seconds_of(facts.names.not_after);
    const std::int64_t left = days_left(facts, now);
    if (now >= end) {
        to.push_back({"IST-CERT-014",
                      fmt::format("It has expired on {}.", utc_text(end)),
                      Weight::Obstacle});
    } else if (now < seconds_of(facts.not_before)) {
        to.push_back(
            {"IST-CERT-015",
             fmt::format("It is valid from {} only.", utc_text(seconds_of(facts.not_before))),
             Weight::Obstacle});
    } else if (left < kWarningDays.back()) {
        to.push_back({"IST-CERT-024",
                      fmt::format("It ends on {}, in {} days.", utc_text(end), left),
                      Weight::Note});
    }
}

void check_chain(const net::Chain& chain, std::vector<CertificateFinding>& to) {
    switch (chain.state) {
        case net::ChainState::Trusted:
            return;
        case net::ChainState::SelfSigned:
            to.push_back({"IST-CERT-028",
                          "It is signed by itself: peers must be told to trust it.",
                          Weight::Note});
            return;
        case net::ChainState::OtherRoot:
            to.push_back({"IST-CERT-028",
                          "Its root is not one that this machine trusts: peers must be told to "
                          "trust it.",
                          Weight::Note});
            return;
        case net::ChainState::Incomplete:
            to.push_back({"IST-CERT-020",
                          fmt::format("Its chain is not complete: the certificate of the issuer {} "
                                      "is not here.",
                                      chain.evidence),
                          Weight::Obstacle});
            return;
        case net::ChainState::Invalid:
            to.push_back({"IST-CERT-021",
                          fmt::format("Its chain does not hold: {}.", chain.evidence),
                          Weight::Obstacle});
            return;
    }
}

bool proves_for_xmpp(const std::vector<const KnownCertificate*>& all, std::string_view domain) {
    return std::ranges::any_of(all, [&](const KnownCertificate* one) {
        return one->facts && net::proves_xmpp_domain(one->facts->names, domain);
    });
}

bool names_sip(const std::vector<const KnownCertificate*>& all, std::string_view name) {
    return std::ranges::any_of(all, [&](const KnownCertificate* one) {
        return one->facts && (net::names_host(one->facts->names, name) ||
                              net::proves_sip_domain(one->facts->names, name));
    });
}

}  // namespace

std::int64_t days_left(const net::CertificateFacts& facts, std::int64_t now) {
    const std::int64_t left = seconds_of(facts.names.not_after) - now;
    return left < 0 ? -((-left + kDay - 1) / kDay) : left / kDay;
}

std::string_view state_of(const KnownCertificate& certificate, std::int64_t now) {
    if (!certificate.facts) {
        return "pending";
    }
    const net::CertificateFacts& facts = *certificate.facts;
    if (now >= seconds_of(facts.names.not_after)) {
        return "expired";
    }
    if (certificate.document.key.empty()) {
        return "authority";
    }
    if (now < seconds_of(facts.not_before)) {
        return "not-yet-valid";
    }
    return days_left(facts, now) < kWarningDays.back() ? "expiring" : "valid";
}

std::vector<CertificateFinding> check_certificate(const KnownCertificate& certificate,
                                                  std::int64_t now) {
    std::vector<CertificateFinding> made;
    if (!certificate.facts) {
        made.push_back({"IST-CERT-027",
                        "The authority has not signed it yet: only the request is here.",
                        Weight::Bar});
        return made;
    }
    const net::CertificateFacts& facts = *certificate.facts;
    check_key(certificate, made);
    check_time(facts, now, made);
    if (!facts.for_servers && !certificate.document.key.empty()) {
        made.push_back(
            {"IST-CERT-019", "Its purposes do not allow a server to show it.", Weight::Obstacle});
    }
    check_chain(certificate.chain, made);
    return made;
}

std::vector<CertificateFinding> check_names(const std::vector<const KnownCertificate*>& all,
                                            Use use,
                                            const ServedNames& served) {
    std::vector<CertificateFinding> made;
    if (use == Use::XmppS2s) {
        std::vector<std::string> missing;
        for (const std::string& domain : served.xmpp_domains) {
            if (!proves_for_xmpp(all, domain)) {
                missing.push_back(domain);
            }
        }
        if (missing.empty()) {
            return made;
        }
        const bool is_all = missing.size() == served.xmpp_domains.size();
        made.push_back({is_all ? "IST-CERT-016" : "IST-CERT-005",
                        fmt::format("It does not name {}: partners can prove us by dialback only.",
                                    fmt::join(missing, ", ")),
                        is_all ? Weight::Obstacle : Weight::Note});
        return made;
    }
    std::vector<std::string> wanted = {served.server_name};
    if (use == Use::Sip) {
        for (const std::string& domain : served.sip_domains) {
            wanted.push_back(domain);
            wanted.push_back("sip." + domain);
        }
    }
    if (std::ranges::none_of(wanted, [&](const auto& name) { return names_sip(all, name); })) {
        made.push_back({"IST-CERT-016",
                        fmt::format("It names none of {}.", fmt::join(wanted, ", ")),
                        use == Use::Sip ? Weight::Obstacle : Weight::Note});
    }
    return made;
}

std::optional<Error> refusal(const std::vector<CertificateFinding>& findings, bool force) {
    const CertificateFinding* worst = nullptr;
    for (const CertificateFinding& one : findings) {
        if (one.weight == Weight::Note || (one.weight == Weight::Obstacle && force)) {
            continue;
        }
        if (worst == nullptr || one.weight > worst->weight) {
            worst = &one;
        }
    }
    if (worst == nullptr) {
        return std::nullopt;
    }
    return make_error(ErrorKind::Conflict, worst->code, worst->sentence, {});
}

}  // namespace isthmus::control
