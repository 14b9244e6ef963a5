// The load generator: both neighbours of the process under test, and the runs between them.
// Commands come as lines on stdin, each is answered with a line of JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "load/command.h"
#include "load/ledger.h"
#include "load/loop.h"
#include "load/people.h"
#include "load/sip_side.h"
#include "load/tls.h"
#include "load/xmpp_side.h"

namespace isthmus::bench {

class Generator {
  public:
    Generator(SslContext tls, People people)
        : tls_(std::move(tls)),
          people_(std::move(people)),
          sip_(loop_, ledgers_, tls_.get(), people_),
          xmpp_(loop_, ledgers_, tls_.get(), people_) {}

    void serve();

  private:
    void read_commands();
    void obey(const Command& command);
    bool obey_run(const Command& command);
    void await(const std::function<bool()>& condition, double seconds);
    static void reply(const std::string& json);

    // generator_runs

    // Messages or states in one direction.
    void run(const Command& command);
    // Everything that the users of the published model do, at its rates.
    void mix(const Command& command);
    // SIP users begin to watch, XMPP users ask to watch.
    void watch(const Command& command);
    void ask(const Command& command);
    // Sessions for so many pairs, in which messages go from then on.
    void open_sessions(const Command& command);
    // How many refreshes of SUBSCRIBE arrive in each of some windows of time.
    void count_refreshes(const Command& command);
    void send(Kind kind, std::uint64_t now);
    // Until the condition holds. False if the time was not enough.
    bool turn_until(const std::function<bool()>& condition, double seconds);

    SslContext tls_;
    Loop loop_;
    Ledgers ledgers_;
    People people_;
    SipSide sip_;
    XmppSide xmpp_;
    std::string lines_;
    bool is_over_ = false;
};

}  // namespace isthmus::bench
