// The ladder: what is drawn from what was recorded, and that nothing from the wire can harm whoever
// looks at it.
#include "control/ladder.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::control {
namespace {

using namespace std::string_literals;

std::vector<TraceEvent> message_to_xmpp() {
    std::vector<TraceEvent> made(5);
    for (std::size_t i = 0; i < made.size(); ++i) {
        made[i].number = i + 1;
        made[i].at = 1'790'000'000.25 + static_cast<double>(i) / 100;
        made[i].user = "alice@contoso.example";
        made[i].contact = "romeo@fabrikam.example";
    }
    made[0].kind = "sip";
    made[0].what = "MESSAGE";
    made[1].kind = "translated";
    made[1].is_out = true;
    made[1].rules = {"policy Global allows"};
    made[1].lost = {"header Priority"};
    made[2].kind = "xmpp";
    made[2].is_out = true;
    made[2].what = "message";
    made[3].kind = "sip";
    made[3].is_out = true;
    made[3].what = "202 Accepted";
    made[4].kind = "failed";
    made[4].code = "IST-XMPP-005";
    made[4].what = "delivery";
    return made;
}

TEST(Ladder, HasEachStepInItsLanes) {
    const Ladder ladder = ladder_of(TraceInfo{.id = "t1"}, message_to_xmpp());
    ASSERT_EQ(ladder.rungs.size(), 5U);
    EXPECT_EQ(ladder.rungs[0].from, Lane::SipPeer);
    EXPECT_EQ(ladder.rungs[0].to, Lane::GatewaySip);
    EXPECT_TRUE(ladder.rungs[0].is_beyond);
    EXPECT_EQ(ladder.rungs[1].style, Rung::Style::Band);
    EXPECT_EQ(ladder.rungs[1].note, "policy Global allows; lost: header Priority");
    EXPECT_EQ(ladder.rungs[2].from, Lane::GatewayXmpp);
    EXPECT_EQ(ladder.rungs[2].to, Lane::PartnerServer);
    EXPECT_EQ(ladder.rungs[3].to, Lane::SipPeer);
    EXPECT_EQ(ladder.rungs[3].style, Rung::Style::Sip);
    EXPECT_EQ(ladder.rungs[4].style, Rung::Style::Bad);
    EXPECT_EQ(ladder.rungs[4].from, ladder.rungs[4].to);
}

TEST(Ladder, ForATerminal) {
    const std::string text = to_text(ladder_of(TraceInfo{.id = "t1"}, message_to_xmpp()));
    for (const char* part : {"trace t1: all users",
                             "SIP client",
                             "Partner user",
                             "MESSAGE",
                             "202 Accepted",
                             "IST-XMPP-005",
                             "policy Global allows",
                             "─▶"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
    }
    EXPECT_NE(to_text({.title = "empty", .rungs = {}}).find("nothing has passed"),
              std::string::npos);
}

TEST(Ladder, OfAConversationThatIsRemembered) {
    Conversation pair{.user = "alice@contoso.example", .contact = "romeo@fabrikam.example"};
    pair.newest = {
        {.direction = "sip_to_xmpp", .state = "delivered", .at = 1, .duration_seconds = 1},
        {.direction = "xmpp_to_sip",
         .state = "refused",
         .code = "IST-SIP-003",
         .step = "delivery",
         .text = "404 Not Found",
         .at = 3},
        {.direction = "sip_to_xmpp",
         .state = "denied",
         .code = "IST-POL-001",
         .step = "policy",
         .at = 4},
        {.direction = "sip_to_xmpp", .state = "sending", .at = 5}};
    const Ladder ladder = ladder_of(pair);
    EXPECT_EQ(ladder.rungs.size(), 4U + 4U + 3U + 2U);
    const std::string text = to_text(ladder);
    EXPECT_NE(text.find("202 Accepted"), std::string::npos);
    EXPECT_NE(text.find("404 Not Found"), std::string::npos);
    EXPECT_NE(text.find("IST-POL-001"), std::string::npos);
}

/// Everything that could do harm where it is shown.
const std::string kEvil =
    "\x1b[31m\r\n\x9b\x00<script>alert('1')</script>\"&amp;]]>--><svg onload=x> \xe2\x80\xae evil"
    "\xe2\x80\xa8 \xef\xbf\xbe \xff \xc2\x85 \xf3\xa0\x80\x81"s;  // all of it: there is a NUL
                                                                  // within

TEST(Ladder, NothingFromTheWireHarmsWhoLooks) {
    std::vector<TraceEvent> events = message_to_xmpp();
    for (TraceEvent& event : events) {
        event.what = event.user = event.contact = event.code = event.evidence = kEvil;
        event.rules = event.lost = {kEvil};
    }
    events[4].kind = "failed";
    const Ladder ladder = ladder_of(TraceInfo{.id = "t1", .user = kEvil, .partner = kEvil}, events);
    const std::string text = to_text(ladder);
    const std::string svg = to_svg(ladder);
    for (const std::string* shown : {&text, &svg}) {
        for (const char c : *shown) {
            ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << *shown;
        }
        for (const char* bad : {"\x7f",
                                "\xe2\x80\xae",
                                "\xe2\x80\xa8",
                                "\xef\xbf\xbe",
                                "\xc2\x85",
                                "\xc2\x9b",
                                "\xf3\xa0\x80\x81"}) {
            EXPECT_EQ(shown->find(bad), std::string::npos);
        }
    }
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_EQ(svg.find("<svg onload"), std::string::npos);
    EXPECT_NE(svg.find("&lt;script&gt;"), std::string::npos);
    const std::string json = boost::json::serialize(to_json(ladder));
    EXPECT_EQ(json.find('\x1b'), std::string::npos);
    EXPECT_EQ(json.find("\xe2\x80\xae"), std::string::npos);
}

TEST(Displayed, KeepsWhatPeopleReadAndEscapesTheRest) {
    EXPECT_EQ(displayed("Zoë 🙂 日本"), "Zoë 🙂 日本");
    EXPECT_EQ(displayed("a\tb\r\nc\\d"), "a\\x09b\\x0D\\x0Ac\\x5Cd");
    EXPECT_EQ(displayed("a\r\nb\rc\\", 100, true), "a\nb\\x0Dc\\");
    EXPECT_EQ(displayed("\xe2\x80\xae\xff"), "\\u{202E}\\xFF");
    EXPECT_EQ(displayed("abcdef", 3), "abc...");
    EXPECT_EQ(displayed(""), "");
    EXPECT_EQ(displayed("\xe2\x82"), "\\xE2\\x82");
    EXPECT_EQ(displayed_xml("<a b='c' d=\"e\">&"), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
}

}  // namespace
}  // namespace isthmus::control
