// Certificates that live in files which something else renews, an ACME client say: taken anew when
// the files change, as a revision of their own. A pair that does not belong together, or is still
// being written, is never taken. Control thread only.
#pragma once

#include "control/certificate_service.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace isthmus::control {

/// Differs when the file, or what its links lead to, was written or replaced.
std::string file_look(const std::string& path);

class CertificateWatch {
  public:
    explicit CertificateWatch(CertificateService& service) : service_(service) {}

    /// Reads the files of the order and takes what is in them.
    Result<Committed> add(const CertificateImport& order, const Edit& edit);
    /// Every second or so: takes pairs that have changed and stayed as they are since the last
    /// call.
    void poll();
    /// Takes what has changed at once, because somebody says that it is complete.
    void reload();

    /// Why the files of a certificate are not in force; null if they are, or it has none.
    const Error* trouble(std::string_view name) const;

  private:
    struct Seen {
        std::string now;    ///< what the files looked like at the last call
        std::string tried;  ///< when they were read
        Error error;
        bool is_bad = false;
    };

    bool is_from(const CertificateImport& order) const;
    void look(bool is_patient);
    void take(const Certificate& certificate, Seen& seen);

    CertificateService& service_;
    std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace isthmus::control
