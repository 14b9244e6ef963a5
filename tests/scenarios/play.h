// Plays one .scn file: SIP and XMPP parties speak real wire text to a whole gateway on a network in
// memory under a manual clock. tests/scenarios/README.md describes the language.
#pragma once

#include "base/metrics.h"
#include "gateway/gateway.h"
#include "gateway/sip_peers.h"
#include "policy/policy.h"
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

/// `*` stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text);

/// A SIP system: it listens on TCP and UDP and has one connection of its own towards the gateway.
class SipParty {
  public:
    SipParty(ManualLoop& loop, MemoryHost& host, const std::string& address);

    void send(const std::string& text, bool over_udp);
    /// All that has arrived, one whole message each.
    std::deque<std::string>& inbox();
    void answer(const std::string& status_line);

    std::string last_request;

  private:
    void collect(StreamPeer& peer, std::string& unread);

    ManualLoop& loop_;
    MemoryHost& host_;
    StreamServer server_;
    DatagramPeer udp_;
    std::unique_ptr<StreamPeer> connection_;
    std::string unread_;
    std::map<std::size_t, std::string> unread_of_;
    std::deque<std::string> inbox_;
    std::size_t asked_on_ = 0;  ///< connection of the server on which the last request came
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
    void sip_step(SipParty& party, const Line& line, const std::vector<std::string>& words);
    void xmpp_step(const Line& line, const std::vector<std::string>& words);
    void expect_sip(SipParty& party, const Line& line);
    void link_fabrikam();
    void call_us();
    void publish();
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
    std::optional<ScriptedServer> fabrikam_;
    std::size_t linked_ = 0;
    ScriptedServer bystander_{loop_, wire_.host("192.0.2.9"), "192.0.2.9:5269"};
    std::map<std::string, SipParty> parties_;
    std::unique_ptr<StreamPeer> fabrikam_calls_;
    gateway::GatewayConfig config_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<sip::UserAgent> user_agent_;
    std::unique_ptr<gateway::SipPeers> peers_;
    std::unique_ptr<xmpp::Server> server_;
    std::string heard_;
    std::string heard_id_;    ///< of the stanza that `{id}` matched last
    std::string message_id_;  ///< of the IMDN request that `{mid}` matched last
};

}  // namespace isthmus::test
