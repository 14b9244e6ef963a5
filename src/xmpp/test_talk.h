// The last steps of a link test: does the partner connect to us, does it answer a ping, and, if
// wanted, does it take a message. XEP-0199, XEP-0184.
#pragma once

#include "net/wire.h"
#include "xmpp/answers.h"
#include "xmpp/environment.h"
#include "xmpp/link_test.h"
#include "xmpp/test_step.h"
#include "xmpp/test_stream.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::xmpp {

class TalkTest {
  public:
    TalkTest(Environment& environment,
             Answers& answers,
             ReadIncoming read_incoming,
             const LinkTestOrder& order,
             StreamTest& stream,
             StepSink sink,
             std::function<void()> on_done);
    TalkTest(const TalkTest&) = delete;
    TalkTest& operator=(const TalkTest&) = delete;
    TalkTest(TalkTest&&) = delete;
    TalkTest& operator=(TalkTest&&) = delete;
    ~TalkTest();

    void start();

  private:
    enum class Stage : std::uint8_t { AwaitsStream, AwaitsPing, AwaitsAnswer, Over };

    void ask_own_records();
    void ask_own_addresses(const std::vector<net::SrvRecord>& records);
    void send_ping();
    void on_ping(const xml::Element& answer);
    void send_message();
    void on_message_answer(const xml::Element& answer);
    void look();
    void look_for_stream();
    void tell_reverse(TestStep step);
    TestStep no_stream(const IncomingState& incoming) const;
    void look_for_ping();
    void finish();

    Duration waited() const { return environment_.timers.now() - started_; }

    Environment& environment_;
    Answers& answers_;
    ReadIncoming read_incoming_;
    const LinkTestOrder& order_;
    StreamTest& stream_;
    StepSink sink_;
    std::function<void()> on_done_;
    Timer timer_;
    Stage stage_ = Stage::AwaitsStream;
    TimePoint started_{};
    TimePoint message_sent_{};
    std::vector<std::unique_ptr<net::Pending>> questions_;
    bool has_own_records_ = false;
    std::string own_records_;
    std::string ping_id_;
    std::string message_id_;
    std::optional<Duration> ping_took_;
    TestStep talk_;  ///< ping+im, as far as it is known
};

}  // namespace isthmus::xmpp
