#include "xmpp/locate.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

// Abuse case B20: bounded work, however many records there are.
constexpr std::size_t kMaxTargets = 16;
constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxLeftOut = 200;  // octets of text

/// No server of a partner is there, whoever says so: unspecified is ourselves, link-local are
/// services of our own host or cloud (abuse case B19).
bool holds_no_server(const net::IpAddress& address) {
    const std::string_view octets = address.octets();
    const auto at = [octets](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
    if (address.is_v4()) {
        return at(0) == 0 || (at(0) == 169 && at(1) == 254) || at(0) >= 224;
    }
    return address.is_unspecified() || (at(0) == 0xfe && (at(1) & 0xc0U) == 0x80) || at(0) == 0xff;
}

}  // namespace

AddressUse address_use(const net::IpAddress& address, bool may_be_private) {
    return holds_no_server(address)                  ? AddressUse::Nowhere
           : address.is_special() && !may_be_private ? AddressUse::OffLimits
                                                     : AddressUse::Good;
}

HostPort HostPort::parse(std::string_view text, std::uint16_t default_port) {
    HostPort found{std::string(text), default_port};
    const std::size_t colon = text.rfind(':');
    const bool is_bare_v6 = text.find(':') != colon && text[colon - 1] != ']';
    if (colon != std::string_view::npos && colon != 0 && !is_bare_v6) {
        auto port = text::to_number(text.substr(colon + 1));
        if (port && *port > 0 && *port <= 65535) {
            found = {std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
        }
    }
    return found;
}

Location::Location(net::Resolver& resolver,
                   std::string domain,
                   LocationTerms terms,
                   Handler handler)
    : resolver_(resolver),
      domain_(std::move(domain)),
      handler_(std::move(handler)),
      terms_(terms),
      is_written_down_(resolver.is_written_down(domain_)) {}

Location::Location(net::Resolver& resolver, HostPort place, LocationTerms terms, Handler handler)
    : resolver_(resolver),
      domain_(place.host),
      handler_(std::move(handler)),
      places_{{std::move(place), false, true}},
      terms_(terms),
      is_written_down_(true),
      has_places_(true) {}

void Location::next() {
    if (!has_places_) {
        return ask_services();
    }
    if (next_ < places_.size()) {
        return ask_addresses(places_[next_++]);
    }
    if (found_addresses_) {
        return give_up(ErrorKind::Unreachable,
                       "IST-TCP-001",
                       "the remote server cannot be reached",
                       "no further target for " + domain_);
    }
    give_up_without_addresses();
}

void Location::give_up_without_addresses() {
    if (!unanswered_.empty()) {
        return give_up(ErrorKind::Unreachable,
                       "IST-DNS-004",
                       "the remote server cannot be found now",
                       "no answer for the addresses of " + domain_ + ": " + unanswered_);
    }
    if (!off_limits_.empty()) {
        return give_up(ErrorKind::NotFound,
                       "IST-DNS-005",
                       "the remote server does not exist",
                       domain_ + " leads to " + off_limits_ + ", an address of a closed network");
    }
    if (!nowhere_.empty()) {
        return give_up(ErrorKind::NotFound,
                       "IST-DNS-002",
                       "the remote server does not exist",
                       "no server can be at " + nowhere_ + ", which " + domain_ + " leads to");
    }
    if (has_services_ && !places_.empty()) {
        return give_up(ErrorKind::NotFound,
                       "IST-DNS-006",
                       "the remote server does not exist",
                       "no address for " + places_.front().host + ", a server of " + domain_);
    }
    if (is_unknown_) {
        return give_up(ErrorKind::NotFound,
                       "IST-DNS-001",
                       "the remote server does not exist",
                       domain_ + " does not exist in DNS");
    }
    give_up(ErrorKind::NotFound,
            "IST-DNS-002",
            "the remote server does not exist",
            "no addresses for " + domain_);
}

void Location::ask_services() {
    pending_ = resolver_.srv("_xmpp-server._tcp." + domain_, [this](Services answer) {
        const auto done = std::move(pending_);
        plain_ = std::move(answer);
        on_services();
    });
    if (!terms_.with_direct_tls) {
        direct_ = std::vector<net::SrvRecord>{};
        return;
    }
    pending_direct_ = resolver_.srv("_xmpps-server._tcp." + domain_, [this](Services answer) {
        const auto done = std::move(pending_direct_);
        direct_ = std::move(answer);
        on_services();
    });
}

void Location::on_services() {
    if (!plain_ || !direct_) {
        return;
    }
    has_places_ = true;
    const auto is_nowhere = [](const std::vector<net::SrvRecord>& records) {
        return records.size() == 1 && records.front().target == ".";
    };
    std::vector<net::SrvRecord> direct;
    if (*direct_ && !is_nowhere(**direct_)) {
        direct = std::move(**direct_);
    }
    if (direct.empty() && !*plain_) {
        return give_up(ErrorKind::Unreachable,
                       "IST-DNS-004",
                       "the remote server cannot be found now",
                       plain_->error().detail);
    }
    std::vector<net::SrvRecord> plain;
    if (*plain_) {
        plain = std::move(**plain_);
    }
    if (direct.empty() && is_nowhere(plain)) {
        // RFC 2782: the service is decidedly not available at this domain.
        return give_up(ErrorKind::NotFound,
                       "IST-DNS-003",
                       "the remote domain offers no XMPP service",
                       "SRV target . for " + domain_);
    }
    // RFC 6120 §3.2.1: the domain itself only if there is no SRV record at all; XEP-0368 §5: a
    // record of _xmpps-server is one.
    const bool has_direct = *direct_ && (!direct.empty() || !(*direct_)->empty());
    has_services_ = has_direct || !plain.empty();
    if (!has_services_) {
        places_.push_back({{domain_, kServerPort}, false, true});
    }
    add_places(std::move(direct), std::move(plain));
    next();
}

/// Both lists are in order already; equal priorities: direct TLS first.
void Location::add_places(std::vector<net::SrvRecord> direct, std::vector<net::SrvRecord> plain) {
    auto next_direct = direct.begin();
    auto next_plain = plain.begin();
    while (places_.size() < kMaxTargets &&
           (next_direct != direct.end() || next_plain != plain.end())) {
        const bool is_direct =
            next_direct != direct.end() &&
            (next_plain == plain.end() || next_direct->priority <= next_plain->priority);
        net::SrvRecord& record = is_direct ? *next_direct++ : *next_plain++;
        if (record.target != "." && record.port != 0) {
            places_.push_back(
                {{std::move(record.target), record.port}, is_direct, record.is_secure});
        }
    }
}

void Location::ask_addresses(const HostPort& place) {
    pending_ = resolver_.addresses(place.host, [this](Result<std::vector<net::IpAddress>> answer) {
        on_addresses(std::move(answer));
    });
}

void Location::on_addresses(Result<std::vector<net::IpAddress>> answer) {
    auto done = std::move(pending_);
    const Place& place = places_[next_ - 1];
    if (!answer || answer->empty()) {
        const bool is_unknown = !answer && answer.error().kind == ErrorKind::NotFound;
        is_unknown_ |= is_unknown;
        if (!answer && !is_unknown) {
            unanswered_ = answer.error().detail;
        }
        return next();
    }
    Target target{place.host, {}, place.is_direct_tls};
    const bool may_be_private = this->may_be_private(place.host);
    for (const net::IpAddress& address : *answer) {
        const AddressUse use = address_use(address, may_be_private);
        if (use != AddressUse::Good) {
            std::string& left_out = use == AddressUse::Nowhere ? nowhere_ : off_limits_;
            left_out = address.to_string();
            if (target.left_out.size() < kMaxLeftOut) {
                target.left_out += (target.left_out.empty() ? "" : ", ") + left_out;
            }
        } else if (target.endpoints.size() < kMaxAddresses) {
            target.endpoints.push_back({address, place.port});
        }
    }
    if (target.endpoints.empty()) {
        return next();
    }
    if (!terms_.with_tlsa || !place.is_secure || net::IpAddress::parse(place.host)) {
        found_addresses_ = true;
        return handler_(std::move(target));
    }
    // RFC 7673 §3.3
    const std::string name = "_" + std::to_string(place.port) + "._tcp." + place.host;
    pending_ = resolver_.tlsa(name, [this, target](Result<std::vector<net::TlsaRecord>> found) {
        on_tlsa(target, std::move(found));
    });
}

/// RFC 6698 §4.1: where nobody can tell whether there are records, nobody is connected to; else
/// whoever keeps the answer from us would have his way.
void Location::on_tlsa(Target target, Result<std::vector<net::TlsaRecord>> answer) {
    const auto done = std::move(pending_);
    if (!answer) {
        unanswered_ = answer.error().detail;
        return next();
    }
    found_addresses_ = true;
    target.tlsa = std::move(*answer);
    handler_(std::move(target));
}

/// DNS of a partner must not lead us into our own network (abuse case B19). What an administrator
/// wrote down himself, name and address, he wants.
bool Location::may_be_private(const std::string& host) const {
    return terms_.may_be_private || (is_written_down_ && (resolver_.is_written_down(host) ||
                                                          net::IpAddress::parse(host).has_value()));
}

void Location::give_up(ErrorKind kind,
                       std::string_view code,
                       std::string public_text,
                       std::string why) {
    next_ = places_.size();
    handler_(make_error(kind, code, std::move(public_text), std::move(why)));
}

}  // namespace isthmus::xmpp
