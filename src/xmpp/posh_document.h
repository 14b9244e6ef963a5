// What a domain's web site says of the certificates that its XMPP servers show. RFC 7711 §3. Pure.
#pragma once

#include "base/result.h"
#include "net/certificate.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

/// Octets; more is no document (abuse case B23).
constexpr std::size_t kMaxPoshDocument = 16384;

struct PoshDocument {
    /// One certificate; of the hashes that we know at least one, in lower-case hex.
    struct Fingerprints {
        std::string sha256;
        std::string sha512;
    };

    std::vector<Fingerprints> fingerprints;
    std::string url;                 ///< where they are instead; then there are none here
    std::chrono::seconds expires{};  ///< above 0: so long it may be believed

    /// The error's detail says what is wrong with it, in one sentence without its end.
    static Result<PoshDocument> parse(std::string_view text);

    /// It is one of those, by every hash that is named of it.
    bool names(const net::PeerCertificate& certificate) const;
};

}  // namespace isthmus::xmpp
