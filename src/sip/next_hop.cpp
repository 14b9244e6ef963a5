#include "sip/next_hop.h"

#include <algorithm>
#include <utility>

namespace isthmus::sip {

namespace {

constexpr Duration kPatience = std::chrono::seconds(4);  // for one address to take a connection
constexpr Duration kAvoid = std::chrono::seconds(30);    // a way that failed, if there are others
constexpr Duration kHoldDown = std::chrono::seconds(1);  // between two tries of the only way
constexpr Duration kLocated = std::chrono::seconds(60);  // then the resolver is asked again

/// RFC 5626 §5.3: 430 means that to whoever asked.
Error flow_gone() {
    return make_error(ErrorKind::Unreachable,
                      "IST-HOME-004",
                      "the connection is gone",
                      "the device has not come back yet");
}

bool is_address(std::string_view host) {
    return net::IpAddress::parse(host).has_value();
}

}  // namespace

bool Traveller::has_tried(std::uint32_t way) const {
    return std::ranges::find(tried_, way) != tried_.end();
}

void Traveller::mark_tried(std::uint32_t way) {
    if (!has_tried(way)) {
        tried_.push_back(way);
    }
}

void Traveller::stop_waiting() {
    if (list_ != nullptr) {
        list_->remove(*this);
    }
}

void WaitingList::push(Traveller& traveller) {
    traveller.list_ = this;
    traveller.previous_ = last_;
    traveller.next_ = nullptr;
    (last_ == nullptr ? first_ : last_->next_) = &traveller;
    last_ = &traveller;
    ++size_;
}

Traveller* WaitingList::pop() {
    Traveller* first = first_;
    if (first != nullptr) {
        remove(*first);
    }
    return first;
}

void WaitingList::remove(Traveller& traveller) {
    (traveller.previous_ == nullptr ? first_ : traveller.previous_->next_) = traveller.next_;
    (traveller.next_ == nullptr ? last_ : traveller.next_->previous_) = traveller.previous_;
    traveller.list_ = nullptr;
    traveller.next_ = traveller.previous_ = nullptr;
    --size_;
}

void WaitingList::take(WaitingList& other) {
    while (Traveller* traveller = other.pop()) {
        push(*traveller);
    }
}

Way::Way(NextHop& hop, std::uint32_t id, Transport transport, std::string name)
    : hop_(hop), id_(id), transport_(transport), name_(std::move(name)) {}

const std::string& Way::sent_by() const {
    return connection() != nullptr ? connection()->sent_by() : sent_by_;
}

bool Way::leads_to(const LocatedTarget& target) const {
    return target.transport == transport_ && target.name == name_ &&
           std::ranges::find(endpoints_, target.endpoint) != endpoints_.end();
}

void Way::take(Connection& connection) {
    endpoints_ = {connection.origin().remote};
    attach(connection);
    is_open_ = true;
}

void Way::open() {
    if (is_opening_ || is_open_) {
        return;
    }
    is_opening_ = true;
    if (hop_.target_.flow != 0) {
        return fail(flow_gone());
    }
    if (transport_ == Transport::Udp) {
        return open_port();
    }
    if (transport_ == Transport::Tls && !hop_.around_.transports.has_tls()) {
        return fail(make_error(ErrorKind::Unreachable,
                               "IST-TLS-002",
                               "TLS is not possible",
                               "no certificate is in use yet"));
    }
    if (transport_ == Transport::Tls && reuse()) {
        return;
    }
    dialling_ = hop_.around_.network.connect(
        endpoints_, kPatience, [this](Result<std::unique_ptr<net::ByteStream>> stream) {
            dialled(std::move(stream));
        });
}

void Way::open_port() {
    auto port = hop_.around_.transports.port_for(remote().address);
    if (!port) {
        return fail(port.error());
    }
    socket_ = *port;
    sent_by_ = hop_.around_.transports.sent_by(*socket_);
    is_opening_ = false;
    is_open_ = true;
    while (Traveller* traveller = waiting_.pop()) {
        hop_.around_.handler.on_way(*traveller, *this);
    }
}

void Way::dialled(Result<std::unique_ptr<net::ByteStream>> stream) {
    auto done = std::move(dialling_);
    if (!stream) {
        return fail(stream.error());
    }
    // SNI names the host behind the address for a configured host, else the domain (RFC 5922 §7).
    const std::string& host = hop_.target().host;
    hop_.around_.transports.adopt(
        std::move(*stream), transport_, is_address(host) ? std::string() : host, *this);
}

std::optional<Error> Way::on_connection_open(Connection& connection) {
    if (transport_ == Transport::Tls) {
        if (auto error = hop_.check_certificate(connection.origin().certificate)) {
            return error;
        }
    }
    is_opening_ = false;
    is_open_ = true;
    avoid_until_ = retry_at_ = {};
    while (Traveller* traveller = is_open_ ? waiting_.pop() : nullptr) {
        hop_.around_.handler.on_way(*traveller, *this);
    }
    return std::nullopt;
}

void Way::on_connection_lost(const Error& reason) {
    if (is_opening_) {
        fail(reason);
    }
    is_open_ = false;
}

void Way::fail(const Error& error) {
    is_opening_ = false;
    const TimePoint now = hop_.around_.timers.now();
    avoid_until_ = now + kAvoid;
    retry_at_ = now + kHoldDown;
    hop_.last_error_ = error;
    if (hop_.target_.flow == 0) {
        hop_.located_until_ = {};  // perhaps it has moved
    }
    WaitingList turned_away;
    turned_away.take(waiting_);
    while (Traveller* traveller = turned_away.pop()) {
        traveller->mark_tried(id_);
        hop_.route(*traveller);
    }
}

NextHop::NextHop(Target target, const Surroundings& surroundings)
    : target_(std::move(target)), around_(surroundings) {
    if (target_.flow == 0) {
        return;
    }
    last_error_ = flow_gone();
    located_until_ = TimePoint::max();
    if (Connection* connection = around_.transports.connection_of(target_.flow)) {
        const Origin& origin = connection->origin();
        ways_.push_back(
            std::make_unique<Way>(*this, next_id_++, origin.transport, origin.remote.to_string()));
        ways_.back()->take(*connection);
    }
}

NextHop::~NextHop() = default;

Way* NextHop::open_way() {
    const TimePoint now = around_.timers.now();
    if (ways_.empty() || now >= located_until_) {
        return nullptr;
    }
    Way& first = *ways_.front();
    return first.is_open_ && now >= first.avoid_until_ ? &first : nullptr;
}

void NextHop::route(Traveller& traveller) {
    const TimePoint now = around_.timers.now();
    if (locating_ == nullptr && now >= located_until_ && now >= retry_at_) {
        locate_ways();
    }
    if (ways_.empty()) {
        if (locating_ != nullptr) {
            return waiting_.push(traveller);
        }
        return around_.handler.on_no_way(traveller, last_error_);
    }
    Way* way = choose(traveller);
    if (way == nullptr) {
        return around_.handler.on_no_way(traveller, last_error_);
    }
    if (way->is_open_) {
        return around_.handler.on_way(traveller, *way);
    }
    way->waiting_.push(traveller);
    way->open();
}

/// In the order of RFC 3263, but those that failed lately last.
Way* NextHop::choose(const Traveller& traveller) {
    const TimePoint now = around_.timers.now();
    Way* last_resort = nullptr;
    for (const auto& way : ways_) {
        if (traveller.has_tried(way->id_)) {
            continue;
        }
        if (now >= way->avoid_until_) {
            return way.get();
        }
        if (last_resort == nullptr && now >= way->retry_at_) {
            last_resort = way.get();
        }
    }
    return last_resort;
}

bool NextHop::has_alternative(const Traveller& traveller) const {
    const TimePoint now = around_.timers.now();
    return std::ranges::any_of(ways_, [&](const auto& way) {
        return !traveller.has_tried(way->id_) && now >= way->retry_at_;
    });
}

void NextHop::avoid(std::uint32_t way, Duration time) {
    for (const auto& each : ways_) {
        if (each->id_ == way && ways_.size() > 1) {
            each->avoid_until_ = around_.timers.now() + time;
        }
    }
}

std::size_t NextHop::waiting() const {
    std::size_t sum = waiting_.size();
    for (const auto& way : ways_) {
        sum += way->waiting_.size();
    }
    return sum;
}

bool NextHop::is_idle() const {
    return users == 0 && locating_ == nullptr && std::ranges::none_of(ways_, [](const auto& way) {
               return way->is_opening_ || way->connection() != nullptr;
           });
}

void NextHop::locate_ways() {
    LocateQuery query;
    query.host = target_.host;
    query.port = target_.port;
    if (query.port == 0 && !target_.use_srv) {
        query.port = default_port(target_.transport);
    }
    query.transport = target_.transport;
    query.is_secure = target_.transport == Transport::Tls;
    locating_ = locate(around_.resolver,
                       std::move(query),
                       [this](Result<std::vector<LocatedTarget>> r) { on_located(std::move(r)); });
}

void NextHop::on_located(Result<std::vector<LocatedTarget>> targets) {
    auto done = std::move(locating_);
    const TimePoint now = around_.timers.now();
    if (!targets) {
        last_error_ = targets.error();
        retry_at_ = now + kHoldDown;
    } else {
        located_until_ = now + kLocated;
        merge(*targets);
    }
    WaitingList released;
    released.take(waiting_);
    while (Traveller* traveller = released.pop()) {
        route(*traveller);
    }
}

/// Ways that still lead somewhere stay as they are, with their connections.
void NextHop::merge(const std::vector<LocatedTarget>& targets) {
    std::vector<std::unique_ptr<Way>> old = std::move(ways_);
    ways_.clear();
    for (const LocatedTarget& target : targets) {
        auto known = [&](const auto& way) { return way && way->leads_to(target); };
        if (std::ranges::any_of(ways_, known)) {
            continue;
        }
        if (auto found = std::ranges::find_if(old, known); found != old.end()) {
            ways_.push_back(std::move(*found));
            continue;
        }
        Way* last = ways_.empty() ? nullptr : ways_.back().get();
        if (last != nullptr && last->is_new_ && last->transport_ != Transport::Udp &&
            last->transport_ == target.transport && last->name_ == target.name &&
            last->endpoints_.front().port == target.endpoint.port) {
            last->endpoints_.push_back(target.endpoint);  // one host, raced (RFC 8305)
            continue;
        }
        ways_.push_back(std::make_unique<Way>(*this, next_id_++, target.transport, target.name));
        ways_.back()->endpoints_.push_back(target.endpoint);
        ways_.back()->is_new_ = true;
    }
    for (const auto& way : ways_) {
        way->is_new_ = false;
    }
    for (const auto& way : old) {
        if (way != nullptr) {
            waiting_.take(way->waiting_);  // its connection closes when it has been idle
        }
    }
}

/// RFC 3261 §26.3.1, RFC 5922 §7: the name that was configured or asked for, proved by a trusted
/// chain; never the name that DNS led to.
std::optional<Error> NextHop::check_certificate(const net::PeerCertificate* certificate) const {
    if (certificate == nullptr || !certificate->is_trusted) {
        return make_error(ErrorKind::NotAuthorized,
                          "IST-CERT-002",
                          "the peer's certificate is not trusted",
                          certificate == nullptr ? "no certificate" : certificate->trust_error);
    }
    // A domain found through DNS must be proved as one, without wildcards (RFC 5922 §7.2).
    auto proves = [certificate, is_domain = target_.use_srv](const std::string& name) {
        return net::proves_sip_domain(*certificate, name) ||
               (!is_domain && net::names_host(*certificate, name));
    };
    const bool is_right = target_.certificate_names.empty()
                              ? proves(target_.host)
                              : std::ranges::any_of(target_.certificate_names, proves);
    if (is_right) {
        return std::nullopt;
    }
    return make_error(ErrorKind::NotAuthorized,
                      "IST-CERT-001",
                      "the peer's certificate does not prove its name",
                      certificate->subject);
}

}  // namespace isthmus::sip
