// Where the servers of a domain are: the partner's proxy, or SRV records, or the domain itself.
// RFC 6120 §3.2, RFC 2782, XEP-0368. One target at a time; addresses of a target are raced by net.
#pragma once

#include "base/result.h"
#include "net/wire.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

constexpr std::uint16_t kServerPort = 5269;

struct HostPort {
    std::string host;
    std::uint16_t port = 0;

    /// "host", "host:port", "192.0.2.1:port", "[2001:db8::1]:port".
    static HostPort parse(std::string_view text, std::uint16_t default_port);
};

/// What may be behind an address that DNS has given for somebody else's server (abuse case B19).
enum class AddressUse : std::uint8_t {
    Good,
    Nowhere,    ///< no server of anybody else, whoever says so
    OffLimits,  ///< of a closed network, or our own
};
AddressUse address_use(const net::IpAddress& address, bool may_be_private);

struct Target {
    std::string host;
    std::vector<net::Endpoint> endpoints;
    bool is_direct_tls = false;  ///< TLS from the first octet (XEP-0368 §3)
    std::string left_out = {};   ///< addresses that are not connected to
    /// What DNSSEC proves of the certificate that is shown there (RFC 7673 §3.3).
    std::vector<net::TlsaRecord> tlsa = {};
};

/// What is looked for.
struct LocationTerms {
    /// Targets of _xmpps-server are asked for as well; of equal priority they come first, because
    /// they save a round trip.
    bool with_direct_tls = false;
    /// DNS may lead to addresses of closed networks and of ourselves (abuse case B19).
    bool may_be_private = false;
    bool with_tlsa = false;  ///< TLSA records are asked for where the target is proved
};

class Location {
  public:
    /// Called once for each next(); from inside it only to say that nothing is left. An error:
    /// there is no further target; code and kind tell why (NotFound: DNS says there is nothing).
    using Handler = std::function<void(Result<Target>)>;

    /// `domain`: A-labels.
    Location(net::Resolver& resolver, std::string domain, LocationTerms terms, Handler handler);
    /// A fixed place, which an administrator has named, instead of DNS records.
    Location(net::Resolver& resolver, HostPort place, LocationTerms terms, Handler handler);

    void next();

  private:
    using Services = Result<std::vector<net::SrvRecord>>;

    struct Place : HostPort {
        bool is_direct_tls = false;
        bool is_secure = false;  ///< nobody but the domain's owner can have named it
    };

    void ask_services();
    void on_services();
    void add_places(std::vector<net::SrvRecord> direct, std::vector<net::SrvRecord> plain);
    void ask_addresses(const HostPort& place);
    void on_addresses(Result<std::vector<net::IpAddress>> answer);
    void on_tlsa(Target target, Result<std::vector<net::TlsaRecord>> answer);
    bool may_be_private(const std::string& host) const;
    void give_up_without_addresses();
    void give_up(ErrorKind kind, std::string_view code, std::string public_text, std::string why);

    net::Resolver& resolver_;
    std::string domain_;
    Handler handler_;
    std::vector<Place> places_;
    std::size_t next_ = 0;
    LocationTerms terms_;
    bool is_written_down_;  ///< whoever named the places is an administrator
    bool has_places_ = false;
    bool found_addresses_ = false;
    bool has_services_ = false;  ///< SRV records have named the places
    bool is_unknown_ = false;    ///< a place's name does not exist
    std::string unanswered_;     ///< why a question had no answer
    std::string nowhere_;        ///< an address that was left out: no server can be there
    std::string off_limits_;     ///< likewise: of a closed network
    std::unique_ptr<net::Pending> pending_;
    std::unique_ptr<net::Pending> pending_direct_;
    std::optional<Services> plain_;   ///< what was answered to _xmpp-server
    std::optional<Services> direct_;  ///< and to _xmpps-server
};

}  // namespace isthmus::xmpp
