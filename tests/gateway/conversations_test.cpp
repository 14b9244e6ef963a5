// RFC 3994, RFC 7573 §6, XEP-0085 §5: what each side of a pair is shown of the other's typing.
#include "gateway/conversations.h"

#include "gateway/sent_messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace isthmus::gateway {
namespace {

using xmpp::ChatState;

constexpr xmpp::Jid kAlice{"alice", "contoso.example", "phone"};
constexpr xmpp::Jid kRomeo{"romeo", "fabrikam.example", "orchard"};
constexpr xmpp::Jid kBystander{"bystander", "fabrikam.example", {}};

class ConversationsTest : public testing::Test, protected Conversations::Handler {
  protected:
    void on_typing_lapsed(const xmpp::Jid& from, const xmpp::Jid& to) override {
        lapsed.push_back(from.full() + " " + to.full());
    }

    void romeo_writes(ChatState state = ChatState::Active) {
        book.text_from_xmpp(kAlice, kRomeo, state, true);
    }

    Timers timers;
    std::vector<std::string> lapsed;
    Conversations book{*this, timers, {.pairs = 100, .sip_users = 100}};
};

TEST_F(ConversationsTest, NothingIsKnownBeforeAChatStateWasSeen) {
    EXPECT_FALSE(book.xmpp_side(kAlice, kRomeo).takes_chat_states);
    EXPECT_FALSE(book.sip_side(kAlice, kRomeo).takes_typing);
    romeo_writes(ChatState::None);
    EXPECT_FALSE(book.has_pairs());
    romeo_writes();
    EXPECT_TRUE(book.xmpp_side(kAlice.bare(), kRomeo.bare()).takes_chat_states);
    EXPECT_TRUE(book.xmpp_side(kAlice, kRomeo).is_chat);
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).takes_typing);
    EXPECT_FALSE(book.sip_side(kAlice, kBystander).takes_typing);
    romeo_writes(ChatState::None);
    EXPECT_FALSE(book.xmpp_side(kAlice, kRomeo).takes_chat_states);
}

TEST_F(ConversationsTest, OnlyARunningConversationHasNotices) {
    romeo_writes();
    timers.advance(Conversations::kRuns - 1s);
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).takes_typing);
    book.text_to_xmpp(kAlice, kRomeo);
    timers.advance(Conversations::kRuns);
    EXPECT_TRUE(book.xmpp_side(kAlice, kRomeo).takes_chat_states);
    timers.advance(1s);
    EXPECT_FALSE(book.xmpp_side(kAlice, kRomeo).takes_chat_states);
    EXPECT_FALSE(book.sip_side(kAlice, kRomeo).takes_typing);
    romeo_writes();
    book.gone(kAlice, kRomeo);
    EXPECT_FALSE(book.sip_side(kAlice, kRomeo).takes_typing);
}

TEST_F(ConversationsTest, ComposingLapsesUnlessRefreshed) {
    romeo_writes();
    book.composing_to_xmpp(kAlice, kRomeo, 120s);
    EXPECT_TRUE(book.xmpp_side(kAlice, kRomeo).is_composing);
    timers.advance(100s);
    book.composing_to_xmpp(kAlice, kRomeo, 120s);
    timers.advance(100s);
    EXPECT_TRUE(lapsed.empty());
    timers.advance(21s);
    EXPECT_EQ(lapsed,
              std::vector<std::string>{"alice@contoso.example/phone "
                                       "romeo@fabrikam.example/orchard"});
    EXPECT_FALSE(book.xmpp_side(kAlice, kRomeo).is_composing);
    timers.advance(600s);
    EXPECT_EQ(lapsed.size(), 1U);
}

TEST_F(ConversationsTest, AShorterRefreshLapsesEarlierAndOnce) {
    romeo_writes();
    book.composing_to_xmpp(kAlice, kRomeo, 600s);
    book.idle_to_xmpp(kAlice, kRomeo);
    book.composing_to_xmpp(kAlice, kRomeo, 60s);
    timers.advance(61s);
    EXPECT_EQ(lapsed.size(), 1U);
    book.composing_to_xmpp(kAlice, kRomeo, 60s);
    book.text_to_xmpp(kAlice, kRomeo);
    timers.advance(700s);
    EXPECT_EQ(lapsed.size(), 1U);
    EXPECT_EQ(timers.armed(), 0U);
}

TEST_F(ConversationsTest, ThousandsOfTypistsNeedOneTimer) {
    Conversations many(*this, timers, {.pairs = 5000, .sip_users = 10});
    for (int i = 0; i < 10000; ++i) {
        const std::string name = std::to_string(i);
        const xmpp::Jid contact{name, "fabrikam.example", {}};
        many.text_from_xmpp(kAlice, contact, ChatState::Active, true);
        many.composing_to_xmpp(kAlice, contact, 120s);
        timers.advance(1ms);
    }
    EXPECT_EQ(many.pairs(), 5000U);
    EXPECT_EQ(timers.armed(), 1U);
    timers.advance(120s);
    EXPECT_EQ(lapsed.size(), 5000U);
    EXPECT_EQ(timers.armed(), 0U);
}

TEST_F(ConversationsTest, OneActivePerIntervalUnlessATextCameBetween) {
    romeo_writes();
    book.typing_to_sip(kAlice, kRomeo, true);
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).is_active);
    timers.advance(10s);
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).takes_typing);  // the end of it is told
    book.typing_to_sip(kAlice, kRomeo, false);
    EXPECT_FALSE(book.sip_side(kAlice, kRomeo).takes_typing);
    timers.advance(50s);
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).takes_typing);
    book.typing_to_sip(kAlice, kRomeo, true);
    romeo_writes();
    const Conversations::SipSide after_text = book.sip_side(kAlice, kRomeo);
    EXPECT_TRUE(after_text.takes_typing);
    EXPECT_FALSE(after_text.is_active);
}

TEST_F(ConversationsTest, AnActiveThatHasRunOutMayBeSaidAgain) {
    romeo_writes();
    book.typing_to_sip(kAlice, kRomeo, true);
    timers.advance(Conversations::kRefresh);
    const Conversations::SipSide side = book.sip_side(kAlice, kRomeo);
    EXPECT_TRUE(side.takes_typing);
    EXPECT_FALSE(side.is_active);
}

TEST_F(ConversationsTest, WhoRefusesNoticesGetsNoneFromAnybody) {
    romeo_writes();
    book.text_from_xmpp(kAlice, kBystander, ChatState::Active, true);
    book.typing_refused(kAlice.bare());
    EXPECT_FALSE(book.sip_side(kAlice, kRomeo).takes_typing);
    EXPECT_FALSE(book.sip_side(kAlice, kBystander).takes_typing);
    const xmpp::Jid bob{"bob", "contoso.example", {}};
    book.text_from_xmpp(bob, kRomeo, ChatState::Active, true);
    EXPECT_TRUE(book.sip_side(bob, kRomeo).takes_typing);
    timers.advance(Conversations::kRefusal + 1s);
    romeo_writes();
    EXPECT_TRUE(book.sip_side(kAlice, kRomeo).takes_typing);
}

TEST_F(ConversationsTest, ImdnIsAskedOfThoseWhoKnowIt) {
    EXPECT_FALSE(book.takes_imdn(kAlice));
    book.imdn_seen(kAlice);
    EXPECT_TRUE(book.takes_imdn(kAlice.bare()));
    EXPECT_FALSE(book.takes_imdn(kRomeo));
    book.imdn_refused(kAlice);
    EXPECT_FALSE(book.takes_imdn(kAlice));
}

// --- RFC 5438 §14.1 -----------------------------------------------------------------------------

class SentMessagesTest : public testing::Test {
  protected:
    SentMessagesTest() {
        xmpp::Message message;
        message.from = kRomeo;
        message.to = kAlice.bare();
        message.id = "r1";
        message.wants_receipt = true;
        message.is_markable = true;
        sent.remember("mid-1", message);
    }

    bool tell(const xmpp::Jid& from, translate::ImdnStatus status, const char* id = "mid-1") {
        into = {};
        into.from = from;
        into.to = kRomeo.bare();
        return sent.to_receipt({.message_id = id, .status = status}, into);
    }

    SentMessages sent{10};
    xmpp::Message into;
};

TEST_F(SentMessagesTest, TheRecipientTellsOnceEach) {
    using translate::ImdnStatus;
    EXPECT_FALSE(tell(kBystander, ImdnStatus::Delivered));
    EXPECT_FALSE(tell(kAlice, ImdnStatus::Delivered, "mid-2"));
    ASSERT_TRUE(tell(kAlice, ImdnStatus::Delivered));
    EXPECT_EQ(into.receipt_for, "r1");
    EXPECT_EQ(into.to, kRomeo);
    EXPECT_FALSE(into.wants_receipt);
    EXPECT_FALSE(tell(kAlice, ImdnStatus::Delivered));
    ASSERT_TRUE(tell(kAlice, ImdnStatus::Displayed));
    EXPECT_EQ(into.marker_for, "r1");
    EXPECT_EQ(sent.size(), 0U);
    EXPECT_FALSE(tell(kAlice, ImdnStatus::Displayed));
}

TEST_F(SentMessagesTest, AFailureEndsIt) {
    ASSERT_TRUE(tell(kAlice, translate::ImdnStatus::Failed));
    EXPECT_EQ(into.id, "r1");
    EXPECT_EQ(sent.size(), 0U);
}

}  // namespace
}  // namespace isthmus::gateway
