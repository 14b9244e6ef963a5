// Recordings: whose traffic they hold, what they show of it, and that they stay within bounds.
#include "gateway/traces.h"

#include "gateway/trace_losses.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;

std::string sip_message(const std::string& from,
                        const std::string& to,
                        const std::string& extra = {},
                        const std::string& body = "mine") {
    return "MESSAGE " + to +
           " SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx\r\n"
           "Max-Forwards: 70\r\nFrom: <" +
           from + ">;tag=1\r\nTo: <" + to +
           ">\r\n"
           "Call-ID: call-1\r\nCSeq: 1 MESSAGE\r\n" +
           extra + "Content-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

class TracesTest : public testing::Test {
  protected:
    TracesTest() {
        config.domains = {{"contoso.example", "contoso.example"}};
        set_policy(false);
    }

    void set_policy(bool with_bodies) {
        policy::Objects objects;
        objects.gateway.enable_logging_all_message_bodies = with_bodies;
        objects.partners = {{.domain = "fabrikam.example", .additional_domains = {"rare.example"}}};
        admission.set_policy(policy::Policy::build(objects).value());
    }

    void sip_in(const std::string& from, const std::string& to) {
        const std::string text = sip_message(from, to);
        if (traces.is_on()) {
            traces.on_passage({.text = text, .remote = "192.0.2.1:5060"});
        }
    }

    void xmpp_out(const std::string& from, const std::string& to) {
        const std::string text = "<message from='" + from + "' to='" + to +
                                 "' type='chat' id='s1'><body>mine</body></message>";
        if (traces.is_on()) {
            traces.on_passage({.side = Passage::Side::Xmpp,
                               .is_out = true,
                               .text = text,
                               .from = from,
                               .to = to,
                               .link = "o1",
                               .remote = "192.0.2.2:5269"});
        }
    }

    std::vector<TraceEvent> read(const char* id = "t1") const { return traces.read(id, 0, 10'000); }

    Timers timers;
    GatewayConfig config;
    Admission admission{config};
    Traces traces{admission, timers};
};

TEST_F(TracesTest, HoldsBothSidesOfWhoeverWasNamed) {
    EXPECT_FALSE(traces.is_on());
    ASSERT_TRUE(traces.start({.id = "t1",
                              .user = "alice@contoso.example",
                              .partner = "fabrikam.example",
                              .duration = 1min}));
    EXPECT_TRUE(traces.is_on());
    sip_in("sip:Alice@contoso.example", "sip:romeo@fabrikam.example");
    xmpp_out("alice@contoso.example", "romeo@rare.example");
    sip_in("sip:bob@contoso.example", "sip:romeo@fabrikam.example");
    sip_in("sip:alice@contoso.example", "sip:eve@stranger.example");
    xmpp_out("bob@contoso.example/x", "romeo@fabrikam.example");
    const auto events = read();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, "sip");
    EXPECT_EQ(events[0].what, "MESSAGE");
    EXPECT_EQ(events[0].user, "alice@contoso.example");
    EXPECT_EQ(events[0].contact, "romeo@fabrikam.example");
    EXPECT_EQ(events[0].call_id, "call-1");
    EXPECT_EQ(events[0].text.find("mine"), std::string::npos);
    EXPECT_NE(events[0].text.find("[4 characters]"), std::string::npos);
    EXPECT_EQ(events[1].what, "message chat");
    EXPECT_EQ(events[1].stanza_id, "s1");
    EXPECT_EQ(events[1].stream, "o1");
    EXPECT_EQ(events[1].text.find("mine"), std::string::npos);
}

TEST_F(TracesTest, TextsOnlyWhileTheSettingSaysSo) {
    ASSERT_TRUE(traces.start({.id = "t1", .duration = 1min, .with_bodies = true}));
    ASSERT_TRUE(traces.start({.id = "t2", .duration = 1min}));
    sip_in("sip:alice@contoso.example", "sip:romeo@fabrikam.example");
    set_policy(true);
    sip_in("sip:alice@contoso.example", "sip:romeo@fabrikam.example");
    EXPECT_EQ(read("t1")[0].text.find("mine"), std::string::npos);
    EXPECT_NE(read("t1")[1].text.find("mine"), std::string::npos);
    EXPECT_EQ(read("t2")[1].text.find("mine"), std::string::npos);
}

TEST_F(TracesTest, EndsWithItsTimeOrWhenItIsStopped) {
    ASSERT_TRUE(traces.start({.id = "t1", .duration = 24h}));
    timers.advance(Traces::kLongest - 1s);
    EXPECT_TRUE(traces.is_on());
    timers.advance(1s);
    EXPECT_FALSE(traces.is_on());
    EXPECT_EQ(traces.status("t1")->why_ended, "its time is over");
    ASSERT_TRUE(traces.start({.id = "t2", .duration = 1min}));
    EXPECT_TRUE(traces.stop("t2"));
    EXPECT_FALSE(traces.is_on());
    EXPECT_TRUE(traces.stop("t2"));
    EXPECT_FALSE(traces.stop("t9"));
    EXPECT_EQ(traces.start({.id = "t2", .duration = 1min}).error().kind, ErrorKind::Conflict);
    EXPECT_TRUE(traces.forget("t2"));
    EXPECT_FALSE(traces.forget("t2"));
    EXPECT_EQ(timers.armed(), 0U);
}

TEST_F(TracesTest, SoManyAtATimeAndSoManyKept) {
    for (std::size_t i = 0; i < Traces::kMost; ++i) {
        const std::string id = "t" + std::to_string(i);
        ASSERT_TRUE(traces.start({.id = id, .duration = 1min}));
        traces.stop(id);
    }
    for (std::size_t i = 0; i < Traces::kMostRunning; ++i) {
        ASSERT_TRUE(traces.start({.id = "r" + std::to_string(i), .duration = 1min}));
    }
    EXPECT_EQ(traces.start({.id = "x", .duration = 1min}).error().code, "IST-API-041");
    EXPECT_EQ(traces.list().size(), Traces::kMost);
    EXPECT_FALSE(traces.status("t0")) << "the oldest made room";
}

TEST_F(TracesTest, WhatIsTooMuchIsCounted) {
    ASSERT_TRUE(traces.start({.id = "t1", .duration = 30min}));
    for (unsigned i = 0; i < 2 * Traces::kEventsPerSecond; ++i) {
        xmpp_out("alice@contoso.example", "romeo@fabrikam.example");
    }
    EXPECT_EQ(traces.status("t1")->events, 2 * Traces::kEventsPerSecond);
    EXPECT_EQ(traces.status("t1")->dropped, Traces::kEventsPerSecond);
    for (int second = 0; second < 20; ++second) {
        timers.advance(1s);
        for (unsigned i = 0; i < 300; ++i) {
            xmpp_out("alice@contoso.example", "romeo@fabrikam.example");
        }
    }
    const auto status = *traces.status("t1");
    EXPECT_LE(read().size(), Traces::kEvents);
    EXPECT_LE(status.octets, Traces::kOctets);
    EXPECT_EQ(status.events, 2 * Traces::kEventsPerSecond + 6000);
    EXPECT_EQ(status.dropped + read().size(), status.events);
    EXPECT_EQ(read().front().number, status.first);
    EXPECT_EQ(traces.read("t1", status.first + 5, 3).front().number, status.first + 6);
}

TEST_F(TracesTest, TheStepBetweenTellsRulesAndLosses) {
    ASSERT_TRUE(traces.start({.id = "t1", .user = "alice@contoso.example", .duration = 1min}));
    const std::string text = sip_message(
        "sip:alice@contoso.example:5070", "sip:romeo@fabrikam.example", "Priority: urgent\r\n");
    traces.on_passage({.text = text});
    traces.on_translated({.direction = Direction::SipToXmpp,
                          .message = "0001",
                          .from = "sip:alice@contoso.example",
                          .to = "sip:romeo@fabrikam.example",
                          .call_id = "call-1",
                          .stanza_id = "0001",
                          .rules = {"policy Global allows"}});
    traces.on_failed({.direction = Direction::SipToXmpp,
                      .code = "IST-DNS-002",
                      .text = "no such name",
                      .step = "delivery",
                      .from = "sip:alice@contoso.example",
                      .to = "sip:romeo@fabrikam.example"},
                     "0001");
    const auto events = read();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[1].kind, "translated");
    EXPECT_EQ(events[1].rules.front(), "policy Global allows");
    EXPECT_EQ(events[1].lost,
              (std::vector<std::string>{"port of the sender's address", "header Priority"}));
    EXPECT_EQ(events[2].kind, "failed");
    EXPECT_EQ(events[2].code, "IST-DNS-002");
}

TEST(TraceLosses, ChildrenOfAStanzaThatNobodyTranslates) {
    const StanzaView view = view_of_stanza(
        "<message type='chat' id='7'><body>a<b/></body><html xmlns='h'><body/></html>"
        "<reply xmlns='r' to='x>y'/><request/></message>");
    EXPECT_EQ(view.name, "message");
    EXPECT_EQ(view.type, "chat");
    EXPECT_EQ(view.id, "7");
    EXPECT_EQ(losses_of(view),
              (std::vector<std::string>{"formatting (XHTML-IM)", "element reply"}));
    for (const char* odd : {"", "<", "<a", "</a>", "<a>", "<a b='", "x"}) {
        (void)losses_of(view_of_stanza(odd));
    }
}

TEST_F(TracesTest, GarbageIsNoEvent) {
    ASSERT_TRUE(traces.start({.id = "t1", .duration = 1min}));
    for (const char* odd : {"", "\r\n", "x", "MESSAGE sip:a@b SIP/2.0\r\n\r\n"}) {
        traces.on_passage({.text = odd});
        traces.on_passage({.side = Passage::Side::Xmpp, .text = odd, .from = odd, .to = odd});
    }
    EXPECT_TRUE(traces.is_on());
}

}  // namespace
}  // namespace isthmus::gateway
