// Plays one .scn file: SIP and XMPP parties speak real wire text to a whole gateway on a network in
// memory under a manual clock. tests/scenarios/README.md describes the language.
#pragma once

#include "base/metrics.h"
#include "gateway/gateway.h"
#include "gateway/sip_peers.h"
#include "policy/policy.h"
#include "subscriptions/store.h"
#include "support/counting_random.h"
#include "support/fixed_resolver.h"
#include "support/manual_loop.h"
#include "support/memory_wire.h"
#include "xmpp/world.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::test {

/// What a line of the script asked for did not happen; the text says which line and why.
class ScriptFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

using Names = std::map<std::string, std::string>;

/// `*` stands for any run of characters; so does `{name}`, which keeps it for later, where it
/// stands for that.
bool matches(std::string_view pattern, std::string_view text, Names* names = nullptr);

/// A SIP system: it listens on TCP and UDP and has one connection of its own towards the gateway.
class SipParty {
  public:
    SipParty(ManualLoop& loop, MemoryHost& host, const std::string& address);

    const std::string& address() const { return address_; }

    void send(const std::string& text, bool over_udp);
    /// All that has arrived, one whole message each.
    std::deque<std::string>& inbox();
    void answer(const std::string& status_line, const std::vector<std::string>& headers);
    /// Its address goes dark, or is there again.
    void set_up(bool is_up);

    std::string last_request;

  private:
    void collect(StreamPeer& peer, std::string& unread);

    ManualLoop& loop_;
    MemoryHost& host_;
    std::string address_;
    std::optional<StreamServer> server_;
    DatagramPeer udp_;
    std::unique_ptr<StreamPeer> connection_;
    std::string unread_;
    std::map<std::size_t, std::string> unread_of_;
    std::deque<std::string> inbox_;
    std::size_t asked_on_ = 0;  ///< connection of the server on which the last request came
};

/// Stores at once, says so in a later turn; what it holds outlives a restart.
class MemoryStore final : public subscriptions::Store {
  public:
    explicit MemoryStore(ManualLoop& loop) : loop_(loop) {}

    void save(subscriptions::Record record, Done done) override;
    void erase(std::string_view user, std::string_view contact, Done done) override;

    std::vector<subscriptions::Record> records() const;

    /// Says nothing of what is to be saved before go_on().
    void wait() { is_waiting_ = true; }

    void go_on();

    bool is_broken = false;

  private:
    void tell(Done done);

    ManualLoop& loop_;
    bool is_waiting_ = false;
    std::vector<Done> unsaid_;
    std::map<std::pair<std::string, std::string>, subscriptions::Record> records_;
};

class Play {
  public:
    Play();
    ~Play();
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;
    Play(Play&&) = delete;
    Play& operator=(Play&&) = delete;

    /// Throws ScriptFailure.
    void run(std::string_view script);

  private:
    struct Line {
        int number = 0;
        std::string text;
        std::vector<std::string> block;
    };

    static std::vector<Line> read(std::string_view script);
    void perform(const Line& line);
    bool change_policy(const std::vector<std::string>& words);
    bool change_ours(const std::vector<std::string>& words);
    void start();
    void stop();
    void sip_step(SipParty& party, const Line& line, const std::vector<std::string>& words);
    void xmpp_step(const Line& line, const std::vector<std::string>& words);
    void expect_sip(SipParty& party, const Line& line);
    void link_fabrikam();
    void call_us(std::string_view stanza);
    void publish();
    bool look(const Line& line, const std::vector<std::string>& words);
    std::vector<gateway::SubscriptionStatus> statuses(const std::vector<std::string>& words);
    bool change_fabrikam(const std::vector<std::string>& words);
    void finish();
    [[noreturn]] static void fail(const Line& line, const std::string& why);

    ManualLoop loop_;
    MemoryWire wire_{loop_};
    MemoryHost& ours_ = wire_.host("192.0.2.1");
    MemoryHost& theirs_ = wire_.host("192.0.2.2");
    FixedResolver resolver_{loop_};
    CountingRandom random_;
    metrics::Registry metrics_;
    policy::Objects objects_;
    Names names_;
    std::optional<ScriptedServer> fabrikam_;
    std::size_t linked_ = 0;
    ScriptedServer bystander_{loop_, wire_.host("192.0.2.9"), "192.0.2.9:5269"};
    std::map<std::string, SipParty> parties_;
    std::unique_ptr<StreamPeer> fabrikam_calls_;
    std::string called_;  ///< domain of ours that it is for
    MemoryStore store_{loop_};
    gateway::GatewayConfig config_;
    std::size_t output_limit_ = xmpp::ServerConfig{}.max_output_octets;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<sip::UserAgent> user_agent_;
    std::unique_ptr<gateway::SipPeers> peers_;
    std::unique_ptr<xmpp::Server> server_;
    std::string heard_;
    std::string heard_id_;    ///< of the stanza that `{id}` matched last
    std::string message_id_;  ///< of the IMDN request that `{mid}` matched last
};

}  // namespace isthmus::test
