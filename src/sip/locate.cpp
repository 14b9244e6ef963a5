#include "sip/locate.h"

#include "base/text.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace isthmus::sip {

namespace {

struct Service {
    Transport transport;
    std::string_view naptr;   ///< RFC 3263 §4.1, service field
    std::string_view prefix;  ///< of the SRV name
};

// In the order in which we prefer them when DNS leaves the choice to us.
constexpr Service kServices[] = {
    {Transport::Tls, "SIPS+D2T", "_sips._tcp."},
    {Transport::Tcp, "SIP+D2T", "_sip._tcp."},
    {Transport::Udp, "SIP+D2U", "_sip._udp."},
};

constexpr std::size_t kMaxQuestions = 8;

std::string_view srv_prefix(Transport transport) {
    return std::ranges::find(kServices, transport, &Service::transport)->prefix;
}

/// One host whose addresses are wanted next.
struct Host {
    Transport transport = Transport::Udp;
    std::uint16_t port = 0;
    std::string name;
};

/// One SRV name to ask for.
struct SrvQuestion {
    Transport transport = Transport::Udp;
    std::string name;
};

// Asks NAPTR, then the SRV names it gives (or all usable ones), then the addresses of each host,
// one question at a time. RFC 3263 §4.1 and §4.2.
class Locator final : public net::Pending {
  public:
    Locator(net::Resolver& resolver, LocateQuery query, net::LookupHandler<LocatedTarget> on_done)
        : resolver_(resolver), query_(std::move(query)), on_done_(std::move(on_done)) {}

    void start();

  private:
    bool may_use(Transport transport) const {
        return (!query_.is_secure || transport == Transport::Tls) &&
               (!query_.transport || *query_.transport == transport) &&
               std::ranges::find(query_.usable, transport) != query_.usable.end();
    }

    void on_naptr(Result<std::vector<net::NaptrRecord>> answer);
    void ask_srv();
    void on_srv(Transport transport, Result<std::vector<net::SrvRecord>> answer);
    void use_host_itself();
    void ask_address();
    void on_addresses(Result<std::vector<net::IpAddress>> answer);
    void finish();

    net::Resolver& resolver_;
    LocateQuery query_;
    net::LookupHandler<LocatedTarget> on_done_;
    std::unique_ptr<net::Pending> asking_;
    std::vector<SrvQuestion> questions_;  ///< asked up to next_question_
    std::vector<Host> hosts_;             ///< resolved up to next_host_
    std::size_t next_question_ = 0;
    std::size_t next_host_ = 0;
    bool was_refused_ = false;  ///< an SRV record with target "."
    bool was_silent_ = false;   ///< a question got no answer
    std::vector<LocatedTarget> targets_;
};

std::string_view without_brackets(std::string_view host) {
    const bool has_them = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return has_them ? host.substr(1, host.size() - 2) : host;
}

void Locator::start() {
    const bool is_numeric = net::IpAddress::parse(query_.host).has_value();
    query_.host = text::to_lower(without_brackets(query_.host));
    // RFC 3263 §4.1: a numeric host or a port leave nothing for NAPTR and SRV to say.
    if (is_numeric || query_.port != 0) {
        use_host_itself();
        return;
    }
    if (query_.transport) {
        if (may_use(*query_.transport)) {
            questions_.push_back(
                {*query_.transport, std::string(srv_prefix(*query_.transport)) + query_.host});
        }
        ask_srv();
        return;
    }
    asking_ = resolver_.naptr(query_.host, [this](Result<std::vector<net::NaptrRecord>> answer) {
        on_naptr(std::move(answer));
    });
}

void Locator::on_naptr(Result<std::vector<net::NaptrRecord>> answer) {
    std::vector<net::NaptrRecord> records;
    if (answer) {
        records = std::move(*answer);
    }
    std::ranges::sort(records, {}, [](const net::NaptrRecord& record) {
        return std::tuple(record.order, record.preference, record.service);
    });
    for (const net::NaptrRecord& record : records) {
        for (const Service& service : kServices) {
            if (text::iequals(record.flags, "s") && text::iequals(record.service, service.naptr) &&
                !record.replacement.empty() && may_use(service.transport) &&
                questions_.size() < kMaxQuestions) {
                questions_.push_back({service.transport, record.replacement});
            }
        }
    }
    if (questions_.empty()) {
        // RFC 3263 §4.1: no NAPTR records, so every transport that we have is tried by SRV.
        for (const Service& service : kServices) {
            if (may_use(service.transport)) {
                questions_.push_back(
                    {service.transport, std::string(service.prefix) + query_.host});
            }
        }
    }
    ask_srv();
}

void Locator::ask_srv() {
    if (next_question_ == questions_.size() || hosts_.size() >= query_.max_targets) {
        if (hosts_.empty() && !was_refused_) {
            use_host_itself();
        } else {
            ask_address();
        }
        return;
    }
    const SrvQuestion& question = questions_[next_question_++];
    const Transport transport = question.transport;
    asking_ =
        resolver_.srv(question.name, [this, transport](Result<std::vector<net::SrvRecord>> answer) {
            on_srv(transport, std::move(answer));
        });
}

void Locator::on_srv(Transport transport, Result<std::vector<net::SrvRecord>> answer) {
    was_silent_ = was_silent_ || !answer;
    if (answer) {
        for (net::SrvRecord& record : *answer) {
            // RFC 2782: the service is decidedly not available.
            if (record.target == "." || record.target.empty()) {
                was_refused_ = true;
            } else if (hosts_.size() < query_.max_targets) {
                hosts_.push_back({transport, record.port, std::move(record.target)});
            }
        }
    }
    ask_srv();
}

// RFC 3263 §4.2, last paragraphs: the domain's own addresses. Without a word on the transport it
// is TLS for a secure target, else UDP, or what we have instead (§4.1).
void Locator::use_host_itself() {
    Transport transport = query_.is_secure ? Transport::Tls : Transport::Udp;
    if (query_.transport) {
        transport = *query_.transport;
    } else if (!may_use(transport) && !query_.usable.empty()) {
        transport = query_.usable.front();
    }
    if (may_use(transport)) {
        const std::uint16_t port = query_.port != 0 ? query_.port : default_port(transport);
        hosts_.push_back({transport, port, query_.host});
        ask_address();
        return;
    }
    // No transport that both sides would take: the error comes through the resolver, hence later.
    asking_ = resolver_.addresses("0.0.0.0",
                                  [this](const Result<std::vector<net::IpAddress>>&) { finish(); });
}

void Locator::ask_address() {
    if (next_host_ == hosts_.size() || targets_.size() >= query_.max_targets) {
        finish();
        return;
    }
    asking_ = resolver_.addresses(
        hosts_[next_host_].name,
        [this](Result<std::vector<net::IpAddress>> answer) { on_addresses(std::move(answer)); });
}

void Locator::on_addresses(Result<std::vector<net::IpAddress>> answer) {
    was_silent_ = was_silent_ || (!answer && answer.error().kind != ErrorKind::NotFound);
    const Host& host = hosts_[next_host_++];
    if (answer) {
        for (const net::IpAddress& address : *answer) {
            LocatedTarget target{host.transport, {address, host.port}, host.name};
            const bool is_known = std::ranges::find(targets_, target) != targets_.end();
            if (!is_known && targets_.size() < query_.max_targets) {
                targets_.push_back(std::move(target));
            }
        }
    }
    ask_address();
}

// The owner may destroy us in the handler, so nothing of us is touched after it.
void Locator::finish() {
    const auto on_done = std::move(on_done_);
    if (!targets_.empty()) {
        on_done(std::move(targets_));
    } else if (was_silent_) {
        on_done(make_error(ErrorKind::Unreachable,
                           "IST-DNS-004",
                           "The destination could not be looked up",
                           "no answer from DNS about " + query_.host));
    } else if (was_refused_) {
        on_done(make_error(ErrorKind::Unreachable,
                           "IST-DNS-003",
                           "The destination does not offer SIP",
                           "SRV target '.' for " + query_.host));
    } else {
        on_done(make_error(ErrorKind::Unreachable,
                           "IST-DNS-002",
                           "The destination has no address",
                           "no usable SRV record or address for " + query_.host));
    }
}

}  // namespace

std::unique_ptr<net::Pending> locate(net::Resolver& resolver,
                                     LocateQuery query,
                                     net::LookupHandler<LocatedTarget> on_done) {
    auto locator = std::make_unique<Locator>(resolver, std::move(query), std::move(on_done));
    locator->start();
    return locator;
}

std::uint16_t default_port(Transport transport) {
    return transport == Transport::Tls ? 5061 : 5060;
}

}  // namespace isthmus::sip
