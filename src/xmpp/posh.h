// Whether a domain's web site names the certificate that somebody shows for it (POSH, RFC 7711):
// asked only where the certificate proves nothing by itself and the partner's settings allow it.
// Bounded and asynchronous; what was found is kept for as long as it says. Traffic thread.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/certificate.h"
#include "net/wire.h"
#include "xmpp/https_get.h"
#include "xmpp/posh_document.h"
#include "xmpp/server.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

class Posh {
  public:
    static constexpr Duration kPatience = std::chrono::seconds(5);  ///< with all that it leads to
    static constexpr int kMaxRedirects = 3;                         ///< likewise
    static constexpr std::size_t kMaxRunning = 8;
    static constexpr std::size_t kMaxKept = 1000;  ///< domains
    static constexpr Duration kLeastKept = std::chrono::seconds(60);
    static constexpr Duration kMostKept = std::chrono::hours(24);
    static constexpr Duration kFaultKept = std::chrono::seconds(30);

    struct Answer {
        std::optional<PoshDocument> document;
        std::string evidence;  ///< where it is, or why there is none
        TimePoint until;       ///< it is kept
    };

    using Handler = std::function<void(const Answer&)>;

    explicit Posh(const HttpsGet::Doors& doors);
    Posh(const Posh&) = delete;
    Posh& operator=(const Posh&) = delete;
    Posh(Posh&&) = delete;
    Posh& operator=(Posh&&) = delete;
    ~Posh();

    /// `domain`: A-labels. `trust`: whose authorities prove web sites; with others nothing that was
    /// found before counts. Answered once, from the loop, at the latest after kPatience.
    std::unique_ptr<net::Pending> ask(std::string_view domain,
                                      bool may_be_private,
                                      std::shared_ptr<const net::TlsContext> trust,
                                      Handler on_done);

  private:
    class Lookup;
    class Question;
    struct Entry;

    void make_room();
    void start_next();
    void on_found(const std::string& key, Answer answer);

    HttpsGet::Doors doors_;
    std::shared_ptr<const net::TlsContext> trust_;
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
    std::deque<std::string> waiting_;  ///< keys of lookups that have not begun
    std::size_t running_ = 0;
};

/// Whether the web site of its domain could still prove the certificate that has that fault: it is
/// the name or the issuer that is wrong, and nothing else; no pin and no TLSA record says so.
bool may_be_vouched_for(const net::PeerCertificate* certificate,
                        const Error& fault,
                        const LinkPolicy& policy);

/// Nothing if it does; else `fault`, with the reason why not among its evidence.
std::optional<Error> fault_beside(const Posh::Answer& answer,
                                  const net::PeerCertificate& certificate,
                                  Error fault);

}  // namespace isthmus::xmpp
