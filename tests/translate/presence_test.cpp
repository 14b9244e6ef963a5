// What the vectors of presence leave open.
#include "translate/presence.h"

#include "base/buffer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace isthmus::translate {

namespace {

using xmpp::Presence;
using xmpp::PresenceType;

xmpp::Jid juliet(std::string_view resource) {
    return {"juliet", "example.com", resource};
}

Presence available(std::string_view resource, int priority = 0) {
    Presence presence;
    presence.from = juliet(resource);
    presence.has_priority = priority != 0;
    presence.priority = priority;
    return presence;
}

TEST(Presence, TupleIdsAreDistinctNames) {
    Arena arena;
    std::set<std::string> ids;
    const std::vector<std::string_view> resources{"",
                                                  "a b",
                                                  "a_b",
                                                  "a_x20_b",
                                                  "a_x5F_x20_b",
                                                  "_x20_",
                                                  "_x",
                                                  "_x20",
                                                  "a:b/c",
                                                  "♚",
                                                  "7desk",
                                                  "_"};
    for (std::string_view resource : resources) {
        ids.emplace(tuple_id_of(resource, arena));
    }
    EXPECT_EQ(ids.size(), resources.size());
    EXPECT_EQ(tuple_id_of("a b", arena), "ID-a_x20_b");
    EXPECT_EQ(tuple_id_of("a_x20_b", arena), "ID-a_x5F_x20_b");
    EXPECT_EQ(tuple_id_of("a_b", arena), "ID-a_b");
}

TEST(Presence, PersonIsTheResourceThatXmppPrefers) {
    Arena arena;
    Presence away = available("a", 5);
    away.show = "away";
    Presence busy = available("b", 10);
    busy.show = "dnd";
    const std::vector<Presence> both{away, busy};
    EXPECT_EQ(to_pidf(both, arena)->pidf.activities.at(0), "busy");
    busy.priority = 1;
    const std::vector<Presence> other{away, busy};
    EXPECT_EQ(to_pidf(other, arena)->pidf.activities.at(0), "away");
}

TEST(Presence, BareUnavailableEndsAllResources) {
    Arena arena;
    Presence gone = available("");
    gone.type = PresenceType::Unavailable;
    const std::vector<Presence> stanzas{available("a"), available("b"), gone};
    const auto document = to_pidf(stanzas, arena);
    ASSERT_EQ(document->pidf.tuples.size(), 1U);
    EXPECT_EQ(document->pidf.tuples[0].basic, sip::PidfBasic::Closed);
    EXPECT_FALSE(to_pidf({}, arena));
}

// Our own documents come back as what they were made from.
TEST(Presence, DocumentsOfOursComeBack) {
    Arena arena;
    Presence first = available("my phone", 13);
    first.show = "xa";
    first.lang = "en";
    first.statuses = {{"", "retired"}, {"cs", "pryč"}};
    const std::vector<Presence> stanzas{first, available("balcony", 127)};
    Buffer octets;
    sip::write_pidf(to_pidf(stanzas, arena)->pidf, octets);
    std::vector<Presence> back;
    const xmpp::Jid watcher{"romeo", "example.net", {}};
    ASSERT_TRUE(to_presence(octets.view(),
                            {.presentity = juliet(""),
                             .watcher = watcher,
                             .announced = {},
                             .content_language = {},
                             .entity_domain = {}},
                            arena,
                            back));
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].from, juliet("my phone"));
    EXPECT_EQ(back[0].to, watcher);
    EXPECT_EQ(back[0].show, "xa");
    EXPECT_EQ(back[0].priority, 13);
    ASSERT_EQ(back[0].statuses.size(), 2U);
    EXPECT_EQ(back[0].statuses[1].lang, "cs");
    EXPECT_EQ(back[0].statuses[1].text, "pryč");
    EXPECT_EQ(back[1].priority, 127);
}

TEST(Presence, PrioritiesKeepTheirOrder) {
    Arena arena;
    const xmpp::Jid watcher{"romeo", "example.net", {}};
    for (int priority = 0; priority < 128; ++priority) {
        Presence presence = available("a");
        presence.has_priority = true;
        presence.priority = priority;
        const std::vector<Presence> stanzas{presence};
        Buffer octets;
        sip::write_pidf(to_pidf(stanzas, arena)->pidf, octets);
        std::vector<Presence> back;
        ASSERT_TRUE(to_presence(octets.view(),
                                {.presentity = juliet(""),
                                 .watcher = watcher,
                                 .announced = {},
                                 .content_language = {},
                                 .entity_domain = {}},
                                arena,
                                back));
        EXPECT_EQ(back.at(0).priority, priority);
    }
}

TEST(Presence, DomainsMayDiffer) {
    Arena arena;
    std::vector<Presence> back;
    const std::string_view document =
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:juliet@sip.example'>"
        "<tuple id='a'><status><basic>open</basic></status></tuple></presence>";
    PresenceContext context{.presentity = juliet(""),
                            .watcher = {},
                            .announced = {},
                            .content_language = {},
                            .entity_domain = "sip.example"};
    EXPECT_TRUE(to_presence(document, context, arena, back));
    EXPECT_EQ(back.at(0).from, juliet("a"));
    context.entity_domain = {};
    EXPECT_EQ(to_presence(document, context, arena, back).error().status, 403);
}

}  // namespace

}  // namespace isthmus::translate
