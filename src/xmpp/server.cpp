#include "xmpp/server.h"

#include "base/log.h"
#include "base/text.h"
#include "xmpp/component.h"
#include "xmpp/environment.h"
#include "xmpp/incoming_connection.h"
#include "xmpp/links.h"
#include "xmpp/receiver.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kDrainSweep = std::chrono::milliseconds(100);

/// Abuse case A21: an IPv6 user has a whole /64 of addresses.
net::IpAddress network_of(const net::IpAddress& address) {
    if (address.is_v4()) {
        return address;
    }
    std::array<std::uint8_t, 16> prefix{};
    const std::string_view octets = address.octets();
    std::copy_n(octets.begin(), 8, prefix.begin());
    return net::IpAddress::v6(prefix);
}

/// How many connections of one address have not authenticated.
class Strangers {
  public:
    explicit Strangers(std::size_t limit) : limit_(limit) {}

    bool admit(const net::IpAddress& address) {
        std::size_t& count = counts_[address];
        if (count >= limit_) {
            return false;
        }
        ++count;
        return true;
    }

    void release(const net::IpAddress& address) {
        auto found = counts_.find(address);
        if (found != counts_.end() && --found->second == 0) {
            counts_.erase(found);
        }
    }

  private:
    std::size_t limit_;
    std::map<net::IpAddress, std::size_t> counts_;
};

class FederationServer final : public Server,
                               private Directory,
                               private ReplySender,
                               private IncomingConnection::Owner {
  public:
    FederationServer(ServerConfig config,
                     net::Network& network,
                     net::Resolver& resolver,
                     Timers& timers,
                     Random& random,
                     metrics::Registry& metrics,
                     StanzaHandler& handler)
        : config_(complete(std::move(config), random)),
          journal_(metrics, timers),
          limit_hits_(metrics.counter("isthmus_s2s_connections_refused_total",
                                      "Connections refused by the cap per address")),
          graveyard_(timers),
          environment_{config_, network, resolver, timers, random, handler, journal_, graveyard_},
          receiver_(handler, *this, config_.version),
          links_(environment_),
          strangers_(config_.max_unauthenticated_per_address),
          refusal_timer_(timers, [this] { tell_refusals(); }),
          recheck_timer_(timers, [this] { recheck(); }),
          drain_timer_(timers, [this] { sweep(); }) {
        if (!config_.component_server.empty()) {
            component_ = std::make_unique<Component>(environment_, receiver_);
            component_->start();
        }
    }

    Result<std::vector<net::Endpoint>> listen(const std::vector<net::Endpoint>& at) override {
        std::vector<net::Endpoint> bound;
        for (const net::Endpoint& endpoint : at) {
            auto acceptor = environment_.network.listen(
                endpoint,
                [this](std::unique_ptr<net::ByteStream> stream) { accept(std::move(stream)); });
            if (!acceptor) {
                return std::move(acceptor).error();
            }
            bound.push_back((*acceptor)->local());
            acceptors_.push_back(*std::move(acceptor));
        }
        return bound;
    }

    void set_tls(std::shared_ptr<const net::TlsContext> context) override {
        environment_.tls = std::move(context);
    }

    void send(const Message& message, std::uint64_t cookie) override {
        send_stanza(Kind::Message, message, cookie);
    }

    bool send(const Presence& presence, std::uint64_t cookie) override {
        return send_stanza(Kind::Presence, presence, cookie, changes_authorisation(presence.type));
    }

    void send_error(Kind kind,
                    const Jid& from,
                    const Jid& back_to,
                    std::string_view id,
                    const StanzaError& error) override {
        if (Link* link = link_for(from.domain, back_to.domain)) {
            link->send(kind, 0, [&](Buffer& to) {
                write_error_reply(to, kind, from, back_to, id, error);
            });
        }
    }

    void recheck_partners() override { recheck_timer_.arm({}); }

    void set_draining(bool draining) override {
        is_draining_ = draining;
        if (draining) {
            sweep();
        } else {
            drain_timer_.cancel();
        }
    }

    std::vector<LinkStatus> status() const override {
        std::vector<LinkStatus> all;
        links_.report(all);
        const std::size_t first = all.size();
        for (const auto& [key, connection] : incoming_) {
            connection->report(all);
        }
        report_absent(first, all);
        if (component_) {
            all.push_back(component_->status());
        }
        return all;
    }

    bool close_stream(std::string_view id) override {
        if (id.size() < 2 || (id.front() != 'o' && id.front() != 'i')) {
            return false;
        }
        // "i7.2" is the second pair of domains on the stream i7.
        const auto number = text::to_number(id.substr(1, id.find('.') - 1));
        if (!number) {
            return false;
        }
        if (id.front() == 'o') {
            return component_ && component_->number() == *number ? component_->close_stream()
                                                                 : links_.close_stream(*number);
        }
        for (IncomingConnection* connection : incoming()) {
            if (connection->number() == *number) {
                connection->close_for_shutdown();
                return true;
            }
        }
        return false;
    }

    std::size_t pending() const override {
        auto closing = std::ranges::count_if(
            incoming_, [](const auto& entry) { return entry.second->is_closing(); });
        return links_.pending() + (component_ ? component_->pending() : 0) + refusals_.size() +
               static_cast<std::size_t>(closing);
    }

  private:
    struct Refusal {
        std::uint64_t cookie = 0;
        Error why;
    };

    static ServerConfig complete(ServerConfig config, Random& random) {
        if (config.dialback_secret.empty()) {
            config.dialback_secret = random.hex(32);
        }
        return config;
    }

    // Directory
    bool serves(std::string_view domain) const override {
        return std::ranges::find(config_.domains, domain) != config_.domains.end();
    }

    std::optional<LinkPolicy> link_policy(std::string_view remote_domain) override {
        return environment_.handler.link_policy(remote_domain);
    }

    Error link_refusal(std::string_view remote_domain) override {
        return environment_.handler.link_refusal(remote_domain);
    }

    std::string_view dialback_secret() const override { return config_.dialback_secret; }

    bool has_tls() const override { return environment_.tls != nullptr; }

    std::string make_stream_id() override { return environment_.random.hex(16); }

    // ReplySender
    void send_reply(Kind kind, const Jid& from, const Jid& to, const WriteStanza& write) override {
        if (Link* link = link_for(from.domain, to.domain)) {
            link->send(kind, 0, write);
        }
    }

    // IncomingConnection::Owner
    void verify(IncomingConnection& connection, const action::VerifyKey& question) override {
        links_.verify(&connection,
                      question.remote,
                      question.local,
                      question.id,
                      question.key,
                      [&connection, remote = question.remote, local = question.local](
                          Verdict verdict) { connection.verified(remote, local, verdict); });
    }

    void on_authenticated(IncomingConnection& connection) override {
        strangers_.release(network_of(connection.stream()->remote().address));
    }

    void on_gone(IncomingConnection& connection) override {
        links_.forget(&connection);
        if (!connection.is_authenticated()) {
            strangers_.release(network_of(connection.stream()->remote().address));
        }
        auto found = incoming_.find(&connection);
        graveyard_.bury(std::move(found->second));
        incoming_.erase(found);
    }

    void accept(std::unique_ptr<net::ByteStream> stream) {
        if (is_draining_) {
            return;
        }
        if (!strangers_.admit(network_of(stream->remote().address))) {
            limit_hits_.add();
            log::event(log::Level::Warning,
                       "limit.hit",
                       {{"code", "IST-LIM-003"},
                        {"remote_addr", stream->remote().to_string()},
                        {"msg", "too many unauthenticated streams from one address"}});
            return;
        }
        Directory& directory = *this;
        IncomingConnection::Owner& owner = *this;
        auto connection = std::make_unique<IncomingConnection>(
            environment_, directory, receiver_, owner, std::move(stream));
        IncomingConnection* key = connection.get();
        incoming_.emplace(key, std::move(connection));
    }

    static bool changes_authorisation(PresenceType type) {
        return type == PresenceType::Subscribe || type == PresenceType::Subscribed ||
               type == PresenceType::Unsubscribe || type == PresenceType::Unsubscribed;
    }

    template <class Stanza>
    bool send_stanza(Kind kind,
                     const Stanza& stanza,
                     std::uint64_t cookie,
                     bool may_use_reserve = false) {
        Link* link = link_for(stanza.from.domain, stanza.to.domain);
        if (link == nullptr) {
            refuse(cookie, environment_.handler.link_refusal(stanza.to.domain));
            return false;
        }
        const auto write = [&](Buffer& to) { stanza.write(to); };
        if (const Error* why = link->send(kind, cookie, write, may_use_reserve)) {
            refuse(cookie, *why);
            return false;
        }
        return true;
    }

    Link* link_for(std::string_view local, std::string_view remote) {
        if (component_ && local == component_->domain()) {
            return component_.get();
        }
        return links_.find(local, remote);
    }

    void refuse(std::uint64_t cookie, const Error& why) {
        if (cookie != 0) {
            refusals_.push_back({cookie, why});
            if (!refusal_timer_.is_armed()) {
                refusal_timer_.arm({});
            }
        }
    }

    void tell_refusals() {
        for (const Refusal& refusal : std::exchange(refusals_, {})) {
            environment_.handler.on_not_sent(refusal.cookie, refusal.why);
        }
    }

    /// Partners whose streams to us came to nothing, or are gone.
    void report_absent(std::size_t first, std::vector<LinkStatus>& to) const {
        std::set<std::string> here;
        for (std::size_t i = first; i < to.size(); ++i) {
            here.insert(to[i].remote_domain);
        }
        for (const auto& [partner, trouble] : journal_.incoming_troubles()) {
            if (!here.contains(partner)) {
                LinkStatus status;
                status.remote_domain = partner;
                status.state = "down";
                status.last_error = trouble;
                to.push_back(std::move(status));
            }
        }
    }

    void recheck() {
        journal_.forget_troubles([this](std::string_view domain) { return !link_policy(domain); });
        links_.recheck_partners();
        for (IncomingConnection* connection : incoming()) {
            connection->recheck();
        }
    }

    void sweep() {
        links_.close_idle();
        if (component_) {
            component_->close_if_idle();
        }
        for (IncomingConnection* connection : incoming()) {
            connection->close_for_shutdown();
        }
        drain_timer_.arm(kDrainSweep);
    }

    std::vector<IncomingConnection*> incoming() const {
        std::vector<IncomingConnection*> all;
        all.reserve(incoming_.size());
        for (const auto& [key, connection] : incoming_) {
            all.push_back(key);
        }
        return all;
    }

    ServerConfig config_;
    Journal journal_;
    metrics::Counter& limit_hits_;
    Graveyard graveyard_;
    Environment environment_;
    Receiver receiver_;
    std::unordered_map<IncomingConnection*, std::unique_ptr<IncomingConnection>> incoming_;
    std::unique_ptr<Component> component_;
    Links links_;
    Strangers strangers_;
    std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
    std::vector<Refusal> refusals_;
    Timer refusal_timer_;
    Timer recheck_timer_;
    Timer drain_timer_;
    bool is_draining_ = false;
};

}  // namespace

std::unique_ptr<Server> make_server(ServerConfig config,
                                    net::Network& network,
                                    net::Resolver& resolver,
                                    Timers& timers,
                                    Random& random,
                                    metrics::Registry& metrics,
                                    StanzaHandler& handler) {
    return std::make_unique<FederationServer>(
        std::move(config), network, resolver, timers, random, metrics, handler);
}

}  // namespace isthmus::xmpp
