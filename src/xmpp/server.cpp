#include "xmpp/server.h"

#include "base/text.h"
#include "xmpp/arrivals.h"
#include "xmpp/component.h"
#include "xmpp/environment.h"
#include "xmpp/iq_responder.h"
#include "xmpp/link_test.h"
#include "xmpp/links.h"
#include "xmpp/receiver.h"
#include "xmpp/refusals.h"

#include <algorithm>
#include <set>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kDrainSweep = std::chrono::milliseconds(100);
// Timers of streams are looked at so many times within the shortest of them.
constexpr int kLooks = 8;
constexpr Duration kShortestLook = std::chrono::milliseconds(100);
constexpr Duration kLongestLook = std::chrono::seconds(10);

class FederationServer final : public Server, private Directory, private ReplySender {
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
          shares_({.least = config_.fair_stanzas_per_second}),
          second_looks_(timers,
                        [this] {
                            links_.look_again();
                            arrivals_.look_again();
                        }),
          graveyard_(timers),
          environment_{config_,
                       network,
                       resolver,
                       timers,
                       random,
                       handler,
                       journal_,
                       graveyard_,
                       quotas_,
                       shares_,
                       tickets_,
                       second_looks_,
                       call_backs_},
          receiver_(handler, *this, config_.version),
          arrivals_(
              environment_,
              *this,
              receiver_,
              links_,
              metrics,
              [this](const std::string& local, const std::string& remote) { ping(local, remote); }),
          links_(environment_),
          refusals_(timers, handler),
          recheck_timer_(timers, [this] { recheck(); }),
          drain_timer_(timers, [this] { sweep(); }),
          look_timer_(timers, [this] { look_after(); }) {
        environment_.sink = &receiver_;
        look_later();
        if (!config_.component_server.empty()) {
            component_ = std::make_unique<Component>(environment_, receiver_);
            component_->start();
        }
    }

    Result<std::vector<net::Endpoint>> listen(const std::vector<net::Endpoint>& at,
                                              bool is_direct_tls) override {
        std::vector<net::Endpoint> bound;
        for (const net::Endpoint& endpoint : at) {
            auto acceptor = environment_.network.listen(
                endpoint, [this, is_direct_tls](std::unique_ptr<net::ByteStream> stream) {
                    if (!is_draining_) {
                        arrivals_.accept(std::move(stream), is_direct_tls);
                    }
                });
            if (!acceptor) {
                return std::move(acceptor).error();
            }
            bound.push_back((*acceptor)->local());
            environment_.listeners.push_back(bound.back());
            acceptors_.push_back(*std::move(acceptor));
        }
        return bound;
    }

    void set_settings(const StreamSettings& settings) override {
        if (settings == config_.streams) {
            return;
        }
        if (settings.dialback_passphrase != config_.streams.dialback_passphrase) {
            config_.dialback_secret = settings.dialback_passphrase.empty()
                                          ? environment_.random.hex(32)
                                          : settings.dialback_passphrase;
        }
        config_.streams = settings;
        arrivals_.set_deadlines();
        look_later();
    }

    void set_tls(std::shared_ptr<const net::TlsContext> context) override {
        environment_.tls = std::move(context);
        second_looks_.begin();
    }

    void send(const Message& message, std::uint64_t cookie) override {
        send_stanza(Kind::Message, message, cookie);
    }

    bool send(const Presence& presence, std::uint64_t cookie) override {
        return send_stanza(Kind::Presence, presence, cookie, changes_authorisation(presence.type));
    }

    void settle(std::uint64_t ticket) override { tickets_.settle(ticket); }

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
        arrivals_.report(all);
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
        return arrivals_.close_stream(*number);
    }

    std::size_t retry(std::string_view remote_domain) override {
        return links_.retry(remote_domain);
    }

    std::size_t pending() const override {
        return links_.pending() + (component_ ? component_->pending() : 0) + refusals_.count() +
               arrivals_.closing();
    }

    std::unique_ptr<LinkTest> test(LinkTestOrder order, LinkTestHandler& handler) override {
        if (component_ && order.local == component_->domain()) {
            return nullptr;
        }
        return make_link_test(
            environment_,
            receiver_.answers(),
            [this](std::string_view local, std::string_view remote) {
                return incoming_state(local, remote);
            },
            std::move(order),
            handler);
    }

  private:
    static ServerConfig complete(ServerConfig config, Random& random) {
        if (config.dialback_secret.empty()) {
            const std::string& passphrase = config.streams.dialback_passphrase;
            config.dialback_secret = passphrase.empty() ? random.hex(32) : passphrase;
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

    std::optional<Error> capacity_fault(std::string_view remote_domain,
                                        const LinkPolicy& policy) override {
        const StreamSettings& settings = config_.streams;
        return quotas_.fault(policy.partner.empty() ? remote_domain : policy.partner,
                             policy.connection_limit != 0 ? policy.connection_limit
                                                          : settings.partner_connection_limit,
                             settings.connection_limit);
    }

    // ReplySender
    void send_reply(Kind kind, const Jid& from, const Jid& to, const WriteStanza& write) override {
        if (Link* link = link_for(from.domain, to.domain)) {
            link->send(kind, 0, write);
        }
    }

    void ping(const std::string& local, const std::string& remote) {
        Link* link = links_.find_existing(local, remote);
        if (link == nullptr || !link->is_up()) {
            return;  // a stream is not opened just to ask: its own keep-alive is awaited
        }
        const std::string id = "ping-" + environment_.random.hex(8);
        link->send(Kind::Iq, 0, [&](Buffer& to) { write_ping(to, local, remote, id); });
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
            refusals_.add(cookie, environment_.handler.link_refusal(stanza.to.domain));
            return false;
        }
        const auto write = [&](Buffer& to) { stanza.write(to); };
        if (const Error* why = link->send(kind, cookie, write, may_use_reserve)) {
            refusals_.add(cookie, *why);
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

    IncomingState incoming_state(std::string_view local, std::string_view remote) const {
        IncomingState made;
        std::vector<LinkStatus> all;
        arrivals_.report(all);
        const auto found = std::ranges::find_if(all, [&](const LinkStatus& link) {
            return !link.outgoing && link.state == "up" && link.local_domain == local &&
                   link.remote_domain == remote;
        });
        if (found != all.end()) {
            made.up = *found;
        }
        if (const LinkTrouble* trouble = journal_.incoming_trouble(remote)) {
            made.trouble = *trouble;
        }
        return made;
    }

    void recheck() {
        journal_.forget_troubles([this](std::string_view domain) { return !link_policy(domain); });
        links_.recheck_partners();
        arrivals_.recheck();
    }

    void sweep() {
        links_.close_idle();
        if (component_) {
            component_->close_if_idle();
        }
        arrivals_.close_for_shutdown();
        drain_timer_.arm(kDrainSweep);
    }

    void look_later() {
        const StreamSettings& settings = config_.streams;
        const Duration shortest =
            std::min(settings.keep_alive_interval, settings.stream_inactivity_timeout);
        look_timer_.arm(std::clamp(shortest / kLooks, kShortestLook, kLongestLook));
    }

    void look_after() {
        links_.look_after();
        arrivals_.look_after();
        look_later();
    }

    ServerConfig config_;
    Journal journal_;
    Quotas quotas_;
    FairShare shares_;
    Tickets tickets_;
    SecondLooks second_looks_;
    CallBacks call_backs_;
    Graveyard graveyard_;
    Environment environment_;
    Receiver receiver_;
    std::unique_ptr<Component> component_;
    Arrivals arrivals_;
    Links links_;  ///< dies first: links may ride on what has arrived
    std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
    Refusals refusals_;
    Timer recheck_timer_;
    Timer drain_timer_;
    Timer look_timer_;
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
