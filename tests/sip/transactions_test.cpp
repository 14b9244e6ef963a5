// Server transactions through the whole wing: matching, retransmissions, CANCEL, ACK, merged
// requests, late and missing answers. RFC 3261 §17.2, §8.2.2.2, §9.2; RFC 4320; RFC 6026.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class TransactionsTest : public UserAgentTest {
  protected:
    static UserAgentConfig with_invite() {
        UserAgentConfig config = default_config();
        config.methods = {Method::Message, Method::Invite};
        return config;
    }

    TransactionsTest() : UserAgentTest(with_invite()) { loop.run(); }

    void ask(const MessageFields& fields) {
        udp.send("192.0.2.1:5060", request(fields));
        loop.run();
    }

    /// Start lines of what came since the last call.
    std::vector<std::string> answers() {
        std::vector<std::string> lines;
        for (const auto& datagram : udp.take()) {
            last = datagram.text;
            lines.push_back(start_line(last));
        }
        return lines;
    }

    DatagramPeer udp{peer_host, "192.0.2.2:5060"};
    std::string last;
};

MessageFields over_udp() {
    MessageFields fields;
    fields.transport = "UDP";
    return fields;
}

MessageFields invite() {
    MessageFields fields = over_udp();
    fields.method = "INVITE";
    fields.body = {};
    return fields;
}

TEST_F(TransactionsTest, ARetransmissionIsAnsweredFromMemoryAndNeverSeenAbove) {
    ask(over_udp());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
    std::string first = last;
    ask(over_udp());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
    EXPECT_EQ(last, first);
    EXPECT_THAT(above.bodies, ElementsAre("hello"));
    EXPECT_TRUE(metrics_have("isthmus_sip_retransmits_total{peer=\"frontend\"} 1"));
}

TEST_F(TransactionsTest, AChangedBodyUnderTheSameBranchIsARetransmission) {  // abuse case D11
    ask(over_udp());
    MessageFields changed = over_udp();
    changed.body = "something else";
    ask(changed);
    EXPECT_THAT(answers(), SizeIs(2));
    EXPECT_THAT(above.bodies, ElementsAre("hello"));
}

TEST_F(TransactionsTest, WithoutAnAnswerYetARetransmissionGetsNothing) {
    above.answer = 0;
    ask(over_udp());
    ask(over_udp());
    EXPECT_THAT(answers(), IsEmpty());
    above.held.front()->respond(200);
    loop.run();
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 200 OK"));
    EXPECT_THAT(above.bodies, SizeIs(1));
}

TEST_F(TransactionsTest, TheAnswerIsForgottenAfterTimerJ) {
    ask(over_udp());
    loop.advance(seconds(32) - milliseconds(10));
    ask(over_udp());
    EXPECT_THAT(above.bodies, SizeIs(1));
    loop.advance(milliseconds(20));
    ask(over_udp());
    EXPECT_THAT(above.bodies, SizeIs(2));
}

TEST_F(TransactionsTest, BranchSentByAndMethodMakeTheTransaction) {
    ask(over_udp());
    for (auto change : {+[](MessageFields& f) { f.branch = "z9hG4bKtwo"; },
                        +[](MessageFields& f) { f.sent_by = "192.0.2.2:5070"; },
                        +[](MessageFields& f) { f.sent_by = "other.example.com"; }}) {
        MessageFields other = over_udp();
        change(other);
        other.call_id = "call-" + std::to_string(above.bodies.size() + 1);
        ask(other);
    }
    EXPECT_THAT(above.bodies, SizeIs(4));
}

TEST_F(TransactionsTest, AnotherSourceHasItsOwnTransactions) {  // abuse case C13
    ask(over_udp());
    DatagramPeer other(wire.host("203.0.113.9"), "203.0.113.9:5060");
    MessageFields fields = over_udp();
    fields.call_id = "call-2";
    other.send("192.0.2.1:5060", request(fields));
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(2));
}

TEST_F(TransactionsTest, OldBranchesAreMatchedByTheWholeRequest) {  // RFC 3261 §17.2.3, RFC 2543
    MessageFields old = over_udp();
    old.branch = "1";
    ask(old);
    ask(old);
    EXPECT_THAT(above.bodies, SizeIs(1));
    EXPECT_THAT(answers(), SizeIs(2));
    old.cseq = "2";
    ask(old);
    EXPECT_THAT(above.bodies, SizeIs(2));
}

TEST_F(TransactionsTest, AMergedRequestIsAnswered482) {
    above.answer = 0;
    ask(over_udp());
    MessageFields second = over_udp();
    second.branch = "z9hG4bKbyAnotherPath";
    ask(second);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 482 Loop Detected"));
    EXPECT_THAT(above.bodies, SizeIs(1));
    above.held.clear();
    loop.run();
    answers();
    ask(second);  // still: the first one is remembered
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 482 Loop Detected"));
}

/// SIPE draws Call-ID and tag from the second in which it was started, and gives no branch.
TEST_F(TransactionsTest, WhatAnotherUserSendsUnderTheSameNamesIsNotMerged) {
    above.answer = 200;
    ask(invite());
    MessageFields other = invite();
    other.branch = "z9hG4bKofAnother";
    other.from = "sip:nurse@example.com";
    ask(other);
    EXPECT_THAT(above.bodies, SizeIs(2));
    EXPECT_THAT(answers(), testing::Each("SIP/2.0 200 OK"));
}

/// RFC 3261 §17.2.4: whoever has been started again in the same second comes by another connection.
TEST_F(TransactionsTest, WhatWasAnsweredEndsWithItsConnection) {
    above.answer = 200;
    MessageFields fields = invite();
    fields.transport = "TCP";
    StreamPeer first(peer_host, "192.0.2.1:5060");
    loop.run();
    first.send(request(fields));
    loop.run();
    EXPECT_THAT(first.take(), StartsWith("SIP/2.0 200 OK"));
    fields.sent_by = "192.0.2.2:5070";
    StreamPeer second(peer_host, "192.0.2.1:5060");
    loop.run();
    second.send(request(fields));
    loop.run();
    EXPECT_THAT(second.take(), StartsWith("SIP/2.0 482"));  // the first is still there
    first.shut_down();
    loop.run();
    loop.advance(milliseconds(1));
    second.send(request(fields));
    loop.run();
    EXPECT_THAT(second.take(), StartsWith("SIP/2.0 200 OK"));
}

TEST_F(TransactionsTest, ARequestInADialogIsNeverMerged) {
    MessageFields first = over_udp();
    first.to_tag = "t";
    ask(first);
    first.branch = "z9hG4bKtwo";
    ask(first);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted", "SIP/2.0 202 Accepted"));
}

TEST_F(TransactionsTest, AChallengedRequestMayComeAgainWithTheSameBranch) {  // SIPE
    above.answer = 401;
    ask(over_udp());
    above.answer = 200;
    MessageFields again = over_udp();
    again.extra = "Authorization: Digest username=\"x\"";
    ask(again);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 401 Unauthorized", "SIP/2.0 200 OK"));
    ask(again);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 200 OK"));
    EXPECT_THAT(above.bodies, SizeIs(2));
}

TEST_F(TransactionsTest, TryingAfterThreeAndAHalfSeconds) {  // RFC 4320
    above.answer = 0;
    ask(over_udp());
    loop.advance(milliseconds(3490));
    EXPECT_THAT(answers(), IsEmpty());
    loop.advance(milliseconds(20));
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 100 Trying"));
    ask(over_udp());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 100 Trying"));
    above.held.front()->respond(202);
    loop.run();
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
    ask(over_udp());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
}

TEST_F(TransactionsTest, NothingIsSentTooLate) {  // RFC 4320 §4.2
    above.answer = 0;
    ask(over_udp());
    EXPECT_EQ(agent->pending(), 1U);
    loop.advance(seconds(32));
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 100 Trying"));
    EXPECT_EQ(agent->pending(), 0U);
    above.held.front()->respond(202);
    above.held.clear();
    loop.run();
    EXPECT_THAT(answers(), IsEmpty());
    EXPECT_TRUE(metrics_have("isthmus_sip_late_total 1"));
}

TEST_F(TransactionsTest, Never408) {  // RFC 4320 §4.2
    above.answer = 408;
    ask(over_udp());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 504 Server Time-out"));
}

TEST_F(TransactionsTest, AnUnansweredRequestIsAnswered500) {
    above.answer = 0;
    ask(over_udp());
    above.held.clear();
    loop.run();
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 500 Server Internal Error"));
    EXPECT_EQ(agent->pending(), 0U);
}

TEST_F(TransactionsTest, OnlyTheFirstFinalAnswerCounts) {
    above.answer = 0;
    ask(over_udp());
    above.held.front()->respond(202);
    above.held.front()->respond(500);
    above.held.clear();
    loop.run();
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
}

TEST_F(TransactionsTest, AnIncomingRequestMayOutliveTheAgent) {
    above.answer = 0;
    ask(over_udp());
    agent.reset();
    above.held.front()->respond(200);
    above.held.clear();
    loop.run();
    EXPECT_THAT(answers(), IsEmpty());
}

TEST_F(TransactionsTest, CancelOfAMessageIsAnsweredAndChangesNothing) {  // RFC 3261 §9.2
    above.answer = 0;
    ask(over_udp());
    MessageFields cancel = over_udp();
    cancel.method = "CANCEL";
    cancel.body = {};
    ask(cancel);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 200 OK"));
    EXPECT_THAT(header_of(last, "CSeq"), "1 CANCEL");
    above.held.front()->respond(202);
    loop.run();
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
}

TEST_F(TransactionsTest, CancelOfNothingIsAnswered481) {
    MessageFields cancel = over_udp();
    cancel.method = "CANCEL";
    cancel.body = {};
    ask(cancel);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 481 Call/Transaction Does Not Exist"));
    EXPECT_THAT(above.bodies, IsEmpty());
}

TEST_F(TransactionsTest, CancelEndsAPendingInvite) {
    above.answer = 0;
    ask(invite());
    MessageFields cancel = invite();
    cancel.method = "CANCEL";
    ask(cancel);
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"));
    above.held.front()->respond(200);
    loop.run();
    EXPECT_THAT(answers(), IsEmpty());
}

TEST_F(TransactionsTest, ARefusedInviteIsRepeatedUntilItsAck) {
    above.answer = 488;
    ask(invite());
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 488 Not Acceptable Here"));
    loop.advance(milliseconds(510));
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 488 Not Acceptable Here"));
    MessageFields ack = invite();
    ack.method = "ACK";
    ack.to_tag = "any";
    ask(ack);
    loop.advance(seconds(40));
    EXPECT_THAT(answers(), IsEmpty());
    EXPECT_THAT(above.bodies, SizeIs(1));
}

TEST_F(TransactionsTest, ASuccessOfAnInviteIsWrittenAgainAsItWas) {  // RFC 3261 §13.3.1.4
    above.answer = 0;
    ask(invite());
    std::vector<std::string> written;
    for (int i = 0; i < 3; ++i) {
        above.held.front()->respond(200);
        loop.run();
        EXPECT_THAT(answers(), ElementsAre("SIP/2.0 200 OK"));
        written.push_back(last);
    }
    EXPECT_NE(written[0].find("Call-ID: "), std::string::npos);
    EXPECT_EQ(written[1], written[0]);
    EXPECT_EQ(written[2], written[0]);
}

TEST_F(TransactionsTest, AnAckOfNothingIsDropped) {
    MessageFields ack = invite();
    ack.method = "ACK";
    ask(ack);
    EXPECT_THAT(answers(), IsEmpty());
    EXPECT_THAT(above.bodies, IsEmpty());
    EXPECT_TRUE(metrics_have("isthmus_sip_stray_total 1"));
}

TEST_F(TransactionsTest, LossOfAnswersIsHealedByRetransmission) {
    int to_drop = 3;
    wire.set_datagram_filter(
        [&](const net::Endpoint& from, const net::Endpoint&, std::string_view) {
            return from != endpoint("192.0.2.1:5060") || to_drop-- <= 0;
        });
    for (int i = 0; i < 4; ++i) {
        ask(over_udp());
        loop.advance(milliseconds(500));
    }
    EXPECT_THAT(answers(), ElementsAre("SIP/2.0 202 Accepted"));
    EXPECT_THAT(above.bodies, SizeIs(1));
}

TEST_F(TransactionsTest, TheAnswerKeepsWhatTheRequestSays) {
    ask(over_udp());
    answers();
    EXPECT_EQ(header_of(last, "Via"),
              "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKone;received=192.0.2.2;rport=5060");
    EXPECT_EQ(header_of(last, "From"), "<sip:juliet@example.com>;tag=f1");
    EXPECT_THAT(header_of(last, "To"), StartsWith("<sip:romeo@example.net>;tag="));
    EXPECT_EQ(header_of(last, "Call-ID"), "call-1");
    EXPECT_EQ(header_of(last, "CSeq"), "1 MESSAGE");
}

TEST_F(TransactionsTest, MemoryIsUsedAgain) {
    for (int i = 0; i < 500; ++i) {
        MessageFields fields = over_udp();
        fields.branch = "z9hG4bK" + std::to_string(i);
        fields.call_id = std::to_string(i);
        ask(fields);
        EXPECT_EQ(answers().size(), 1U);
        loop.advance(seconds(33));
    }
    EXPECT_THAT(above.bodies, SizeIs(500));
    EXPECT_EQ(agent->pending(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
