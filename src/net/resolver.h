// net::Resolver: a static table first, then the domain name system through libunbound, which runs
// in the loop. Our own deadline, bounded answers, bounded work.
#pragma once

#include "base/random.h"
#include "net/event_loop.h"
#include "net/static_names.h"
#include "net/wire.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

class DnsQuestions;

/// Whether it has DS or DNSKEY records, as a zone file writes them.
bool holds_trust_anchors(std::string_view text);

struct DnsSettings {
    std::vector<std::string> servers;  ///< "192.0.2.53" or "192.0.2.53@5353"; empty: the system's
    StaticNames::Table static_names;
    std::string hosts_file = "/etc/hosts";           ///< empty: none
    std::string resolver_file = "/etc/resolv.conf";  ///< where the system's servers are
    Duration deadline = std::chrono::seconds(5);
    /// The keys of the DNS root, or of the zones that are to be believed (DS or DNSKEY records, as
    /// in Debian's /usr/share/dns/root.key); empty: nothing is validated, nothing is secure.
    std::string trust_anchor_file;
    std::vector<std::string> unsigned_domains;  ///< below a trust anchor, but of a closed network
};

class DnsResolver final : public Resolver {
  public:
    /// Outlives its lookups; dies before the loop.
    static Result<std::unique_ptr<DnsResolver>> create(EventLoop& loop,
                                                       Random& random,
                                                       const DnsSettings& settings);
    DnsResolver(const DnsResolver&) = delete;
    DnsResolver& operator=(const DnsResolver&) = delete;
    DnsResolver(DnsResolver&&) = delete;
    DnsResolver& operator=(DnsResolver&&) = delete;
    ~DnsResolver() override;

    bool is_written_down(std::string_view name) const override { return names_.covers(name); }

    std::unique_ptr<Pending> addresses(std::string_view host,
                                       LookupHandler<IpAddress> on_done) override;
    std::unique_ptr<Pending> srv(std::string_view name, LookupHandler<SrvRecord> on_done) override;
    std::unique_ptr<Pending> naptr(std::string_view name,
                                   LookupHandler<NaptrRecord> on_done) override;
    std::unique_ptr<Pending> tlsa(std::string_view name,
                                  LookupHandler<TlsaRecord> on_done) override;

    /// Questions libunbound is working on.
    std::size_t running() const;

  private:
    template <class T>
    class Lookup;

    DnsResolver(EventLoop& loop,
                Random& random,
                StaticNames names,
                std::unique_ptr<DnsQuestions> questions,
                Duration deadline);

    EventLoop& loop_;
    Random& random_;
    StaticNames names_;
    std::unique_ptr<DnsQuestions> questions_;
    Duration deadline_;
};

}  // namespace isthmus::net
