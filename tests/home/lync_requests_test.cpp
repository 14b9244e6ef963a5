#include "home/lync_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "home/presence_state.h"

namespace isthmus::home {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LyncRequests, BatchNamesContacts) {
    Arena arena;
    const auto batch = parse_batch(
        R"(<batchSub xmlns="http://schemas.microsoft.com/2006/01/sip/batch-subscribe" uri="sip:a@b" name="">
<action name="subscribe" id="1"><adhocList><resource uri="sip:romeo@fabrikam.example"/>
<resource uri="sip:Nurse@fabrikam.example"><context/></resource><resource uri="tel:1"/></adhocList>
</action></batchSub>)",
        arena);
    ASSERT_TRUE(batch);
    EXPECT_THAT(*batch, ElementsAre("romeo@fabrikam.example", "nurse@fabrikam.example"));
    for (const char* bad : {"", "<x/>", "<batchSub", "not xml"}) {
        EXPECT_FALSE(parse_batch(bad, arena)) << bad;
    }
}

TEST(LyncRequests, CallsOnTheList) {
    Arena arena;
    const auto call = parse_list_call(
        R"(<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/winrtc/2002/11/sip"><s:Body><m:setContact><m:displayName>Romeo</m:displayName><m:groups>1 3</m:groups><m:subscribed>true</m:subscribed><m:URI>sip:romeo@fabrikam.example</m:URI><m:externalURI /><m:deltaNum>1</m:deltaNum></m:setContact></s:Body></s:Envelope>)",
        arena);
    ASSERT_TRUE(call);
    EXPECT_EQ(call->name, "setContact");
    EXPECT_EQ(call->uri, "sip:romeo@fabrikam.example");
    EXPECT_EQ(call->groups, "1 3");
    EXPECT_EQ(call->display_name, "Romeo");
    EXPECT_FALSE(parse_list_call("<s:Envelope xmlns:s='x'><s:Body/></s:Envelope>", arena));
}

TEST(LyncRequests, Publications) {
    Arena arena;
    const auto published = parse_publish(
        R"(<publish xmlns="http://schemas.microsoft.com/2006/09/sip/rich-presence"><publications uri="sip:alice@sip.example"><publication categoryName="state" instance="1" container="2" version="0" expireType="endpoint"><state xmlns="http://schemas.microsoft.com/2006/09/sip/state" manual="false" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="machineState"><availability>3500</availability></state></publication><publication categoryName="state" instance="5" container="2" version="0" expireType="static"><state xmlns="http://schemas.microsoft.com/2006/09/sip/state" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="userState"><availability>6500</availability></state></publication><publication categoryName="note" instance="0" container="200" version="0" expireType="static"><note xmlns="http://schemas.microsoft.com/2006/09/sip/note"><body type="personal" uri="">gone</body></note></publication></publications></publish>)",
        arena);
    ASSERT_TRUE(published);
    EXPECT_EQ(published->machine_state, kOnline);
    EXPECT_EQ(published->user_state, kBusy);
    EXPECT_EQ(published->note, "gone");
}

TEST(LyncRequests, BlockedAndAcknowledged) {
    Arena arena;
    const auto members = parse_memberships(
        R"(<setContainerMembers xmlns="http://schemas.microsoft.com/2006/09/sip/container-management"><container id="32000" version="0"><member action="add" type="user" value="nurse@fabrikam.example"/><member action="add" type="domain" value="fabrikam.example"/></container></setContainerMembers>)",
        arena);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 1U);
    EXPECT_TRUE(members->front().is_blocked && members->front().is_added);
    const auto told = parse_acknowledged(
        R"(<setSubscribers xmlns="http://schemas.microsoft.com/2006/09/sip/presence-subscribers"><subscriber user="nurse@fabrikam.example" acknowledged="true"/></setSubscribers>)",
        arena);
    ASSERT_TRUE(told);
    EXPECT_THAT(*told, ElementsAre("nurse@fabrikam.example"));
}

TEST(PresenceState, OfNumbersByRange) {
    EXPECT_EQ(availability_of("3500"), kOnline);
    EXPECT_EQ(availability_of("4500"), kIdle);
    EXPECT_EQ(availability_of("7500"), kBusy);
    EXPECT_EQ(availability_of("9500"), kDoNotDisturb);
    EXPECT_EQ(availability_of("12500"), kBeRightBack);
    EXPECT_EQ(availability_of("15500"), kAway);
    EXPECT_EQ(availability_of("18500"), kOffline);
    EXPECT_FALSE(availability_of("0"));
    EXPECT_FALSE(availability_of("many"));
}

TEST(PresenceState, OfPidfTheMostAvailable) {
    Arena arena;
    const auto pidf = [](std::string tuples) {
        return "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:r@f.example'>" + tuples +
               "</presence>";
    };
    const std::string away =
        "<tuple id='a'><status><basic>open</basic><show xmlns='jabber:client'>away</show></status>"
        "<note>out</note></tuple>";
    const std::string there = "<tuple id='b'><status><basic>open</basic></status></tuple>";
    const std::string gone = "<tuple id='c'><status><basic>closed</basic></status></tuple>";
    EXPECT_EQ(state_of_pidf(pidf(gone + away), arena)->availability, kAway);
    EXPECT_EQ(state_of_pidf(pidf(gone + away), arena)->note, "out");
    EXPECT_EQ(state_of_pidf(pidf(away + there + gone), arena)->availability, kOnline);
    EXPECT_EQ(state_of_pidf(pidf(gone), arena)->availability, kOffline);
    EXPECT_FALSE(state_of_pidf("<presence", arena));
}

TEST(PresenceState, AsCategories) {
    const std::string made =
        to_categories("romeo@fabrikam.example",
                      "Ro<meo",
                      {.availability = kBusy, .note = "reading", .name = "Romeo M."},
                      "2026-11-26T12:00:00Z");
    EXPECT_THAT(made, HasSubstr("uri='sip:romeo@fabrikam.example'"));
    EXPECT_THAT(made, HasSubstr("<availability>6500</availability><activity token='busy'/>"));
    EXPECT_THAT(made, HasSubstr("<displayName>Ro&lt;meo</displayName>"));
    EXPECT_THAT(made, HasSubstr(">reading</body>"));
}

TEST(PresenceState, IsNamedByTheUserThenByHerselfThenByAddress) {
    PresenceState state{.availability = kOnline, .note = {}, .name = "Romeo & Co"};
    const auto named = [&](const char* by_user) {
        return to_categories("romeo@fabrikam.example", by_user, state, "2026-11-26T12:00:00Z");
    };
    EXPECT_THAT(named("My Romeo"), HasSubstr("<displayName>My Romeo<"));
    EXPECT_THAT(named(""), HasSubstr("<displayName>Romeo &amp; Co<"));
    Arena arena;
    EXPECT_EQ(state_of_pidf(to_pidf("romeo@fabrikam.example", state), arena)->name, state.name);
    state.name.clear();
    EXPECT_THAT(named(""), HasSubstr("<displayName>romeo@fabrikam.example<"));
}

}  // namespace
}  // namespace isthmus::home
