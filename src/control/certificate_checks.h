// What stands against a certificate, or deserves a look. Pure.
#pragma once

#include "base/result.h"
#include "control/certificate_documents.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// The names by which others reach us; domains in A-labels, lower case.
struct ServedNames {
    std::string server_name;
    std::vector<std::string> sip_domains;
    std::vector<std::string> xmpp_domains;
};

struct CertificateFinding {
    enum class Weight : std::uint8_t {
        Note,      ///< is told
        Obstacle,  ///< refused, unless the administrator insists
        Bar,       ///< refused: no handshake could succeed with it
    };

    std::string_view code;
    std::string sentence;
    Weight weight = Weight::Note;
};

/// Days before the end at which is warned, the last first.
inline constexpr std::array<std::int64_t, 4> kWarningDays = {1, 7, 14, 30};

/// Whole days that are left, negative when it is over.
std::int64_t days_left(const net::CertificateFacts& facts, std::int64_t now);
/// pending, valid, expiring (30 days), expired, not-yet-valid, authority.
std::string_view state_of(const KnownCertificate& certificate, std::int64_t now);
/// All that it can be.
inline constexpr std::array<std::string_view, 6> kStates = {
    "pending", "valid", "expiring", "expired", "not-yet-valid", "authority"};

/// Apart from any use, at the time `now`.
std::vector<CertificateFinding> check_certificate(const KnownCertificate& certificate,
                                                  std::int64_t now);
/// The names that the use wants, carried by `all` together.
std::vector<CertificateFinding> check_names(const std::vector<const KnownCertificate*>& all,
                                            Use use,
                                            const ServedNames& served);

/// The worst, as an error; nothing if only notes are left, or obstacles and `force`.
std::optional<Error> refusal(const std::vector<CertificateFinding>& findings, bool force);

}  // namespace isthmus::control
