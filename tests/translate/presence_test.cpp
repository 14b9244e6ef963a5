// What the vectors of presence leave open.
#include "translate/presence.h"

#include "base/buffer.h"
#include "xml/parser.h"

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
    first.nick = "Juliet C.";
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
    EXPECT_EQ(back[0].nick, "Juliet C.");
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

// --- the states of docs/presence-states.md, row by row
// --------------------------------------------

struct StateRow {
    const char* name;
    const char* stanza;  ///< children of what the XMPP client sends
    const char* tuple;   ///< inside of the status of what goes to SIP, and what follows it
    const char* person;  ///< inside of the person; empty: none
    const char* back;    ///< show, status and idle of what comes back from that document
};

constexpr StateRow kStates[] = {
    {"Available", "", "<basic>open</basic></status>", "", "||"},
    {"Free for chat",
     "<show>chat</show>",
     "<basic>open</basic><show xmlns='jabber:client'>chat</show></status>",
     "",
     "chat||"},
    {"Idle",
     "<show>away</show><idle xmlns='urn:xmpp:idle:1' since='2026-11-22T16:00:00+01:00'/>",
     "<basic>open</basic><show xmlns='jabber:client'>away</show>"
     "<ep:activities><ep:activity>away</ep:activity></ep:activities></status>"
     "<rpid:user-input last-input='2026-11-22T15:00:00Z'>idle</rpid:user-input>",
     "<rpid:activities><rpid:away/></rpid:activities>"
     "<rpid:user-input last-input='2026-11-22T15:00:00Z'>idle</rpid:user-input>",
     "away||2026-11-22T15:00:00Z"},
    {"Busy, Do not disturb",
     "<show>dnd</show>",
     "<basic>open</basic><show xmlns='jabber:client'>dnd</show>"
     "<ep:activities><ep:activity>busy</ep:activity></ep:activities></status>",
     "<rpid:activities><rpid:busy/></rpid:activities>",
     "dnd||"},
    {"Away",
     "<show>away</show>",
     "<basic>open</basic><show xmlns='jabber:client'>away</show>"
     "<ep:activities><ep:activity>away</ep:activity></ep:activities></status>",
     "<rpid:activities><rpid:away/></rpid:activities>",
     "away||"},
    {"Off work",
     "<show>xa</show><status>Off work</status>",
     "<basic>open</basic><show xmlns='jabber:client'>xa</show>"
     "<ep:activities><ep:activity>away</ep:activity></ep:activities></status>",
     "<rpid:activities><rpid:away/></rpid:activities>",
     "xa|Off work|"},
    {"Custom text",
     "<status>In the &lt;garden&gt;</status>",
     "<basic>open</basic></status>",
     "",
     "|In the <garden>|"},
};

class PresenceStates : public testing::Test {
  protected:
    std::vector<Presence> to_stanzas(std::string_view document) {
        std::vector<Presence> made;
        const auto told = to_presence(document,
                                      {.presentity = juliet(""),
                                       .watcher = {"romeo", "example.net", {}},
                                       .announced = {},
                                       .content_language = {},
                                       .entity_domain = {}},
                                      arena,
                                      made);
        status = told ? 200 : told.error().status;
        return made;
    }

    static std::string said(const Presence& presence) {
        if (presence.type == PresenceType::Unavailable) {
            return "unavailable";
        }
        return std::string(presence.show) + "|" +
               (presence.statuses.empty() ? "" : std::string(presence.statuses[0].text)) + "|" +
               std::string(presence.idle_since);
    }

    Presence read(const std::string& children) {
        const auto element = xml::parse_document(
            arena.copy("<presence xmlns='jabber:server'>" + children + "</presence>"), arena, {});
        Presence presence = *Presence::read(**element, arena);
        presence.from = juliet("balcony");
        return presence;
    }

    /// What a document with that status, and that person, says.
    std::string from_sip(const std::string& status_and_more, const std::string& person = {}) {
        const auto made = to_stanzas(
            arena.copy("<presence xmlns='urn:ietf:params:xml:ns:pidf' "
                       "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
                       "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' "
                       "xmlns:ep='urn:ietf:params:xml:ns:pidf:status:rpid-status' "
                       "entity='pres:juliet@example.com'><tuple id='t'><status>" +
                       status_and_more + "</tuple>" +
                       (person.empty() ? "" : "<dm:person id='p'>" + person + "</dm:person>") +
                       "</presence>"));
        return made.size() == 1 ? said(made[0]) : "not one stanza";
    }

    Arena arena;
    int status = 0;
};

TEST_F(PresenceStates, EachShowBecomesADocumentAndComesBack) {
    for (const StateRow& row : kStates) {
        const std::vector<Presence> stanzas{read(row.stanza)};
        Buffer octets;
        sip::write_pidf(to_pidf(stanzas, arena)->pidf, octets);
        const std::string document(octets.view());
        EXPECT_NE(document.find(std::string("<status>") + row.tuple), std::string::npos)
            << row.name << " " << document;
        const std::string person =
            "<dm:person id='person'>" + std::string(row.person) + "</dm:person>";
        EXPECT_EQ(document.find("<dm:person") != std::string::npos, *row.person != '\0')
            << document;
        EXPECT_EQ(document.find(person) != std::string::npos, *row.person != '\0') << document;
        EXPECT_EQ(document.find("activities/>"), std::string::npos) << document;
        const auto back = to_stanzas(document);
        ASSERT_EQ(back.size(), 1U) << row.name;
        EXPECT_EQ(said(back[0]), row.back) << row.name;
    }
}

TEST_F(PresenceStates, WhatTheLyncFamilySaysBecomesAShow) {
    const auto token = [this](const std::string& name) {
        return from_sip("<basic>open</basic><ep:activities><ep:activity>" + name +
                        "</ep:activity></ep:activities></status>");
    };
    EXPECT_EQ(from_sip("<basic>open</basic></status>"), "||");
    EXPECT_EQ(token("active"), "||");
    EXPECT_EQ(token("idle"), "away||");
    EXPECT_EQ(token("busy"), "dnd||");
    EXPECT_EQ(token("Do-Not-Disturb"), "dnd||");
    EXPECT_EQ(token("be-right-back"), "away|Be right back|");
    EXPECT_EQ(token("away"), "away||");
    EXPECT_EQ(token("off-work"), "xa|Off work|");
    EXPECT_EQ(token("urgent-interruptions-only"), "dnd|Urgent interruptions only|");
    EXPECT_EQ(from_sip("<basic>closed</basic></status>"), "unavailable");
    EXPECT_EQ(from_sip("<basic>open</basic></status><note>In the garden</note>"),
              "|In the garden|");
    // What the user wrote is never replaced.
    EXPECT_EQ(from_sip("<basic>open</basic><ep:activities><ep:activity>be-right-back"
                       "</ep:activity></ep:activities></status><note>Coffee</note>"),
              "away|Coffee|");
}

TEST_F(PresenceStates, RpidOfThePersonCountsWhereTuplesAreSilent) {
    EXPECT_EQ(from_sip("<basic>open</basic></status>",
                       "<rpid:activities><rpid:busy/><rpid:meeting/></rpid:activities>"),
              "dnd|In a meeting|");
    EXPECT_EQ(from_sip("<basic>open</basic></status>",
                       "<rpid:activities><rpid:other>off-work</rpid:other></rpid:activities>"),
              "xa|Off work|");
    EXPECT_EQ(from_sip("<basic>open</basic></status>",
                       "<rpid:user-input last-input='2026-11-22T16:00:00+01:00'>idle"
                       "</rpid:user-input>"),
              "away||2026-11-22T15:00:00Z");
    EXPECT_EQ(from_sip("<basic>open</basic></status>",
                       "<rpid:user-input last-input='&lt;yesterday>'>idle</rpid:user-input>"),
              "away||");
    EXPECT_EQ(from_sip("<basic>open</basic><show xmlns='jabber:client'>brb</show></status>"), "||");
    EXPECT_EQ(from_sip("<basic>open</basic></status>",
                       "<rpid:activities><rpid:other>" + std::string(100, 'x') +
                           "</rpid:other></rpid:activities>"),
              "||");
}

TEST_F(PresenceStates, APersonDoesNotSpeakForTheOtherResources) {
    Presence away = available("phone", 10);
    away.show = "away";
    const std::vector<Presence> stanzas{away, available("desk", 1)};
    Buffer octets;
    sip::write_pidf(to_pidf(stanzas, arena)->pidf, octets);
    const auto back = to_stanzas(octets.view());
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(said(back[0]), "away||");
    EXPECT_EQ(said(back[1]), "||");
}

TEST_F(PresenceStates, LanguagesCrossBothWays) {
    const std::vector<Presence> stanzas{
        read("<status>away</status><status xml:lang='cs'>pry\u010d</status>")};
    Buffer octets;
    const auto document = to_pidf(stanzas, arena);
    sip::write_pidf(document->pidf, octets);
    const auto back = to_stanzas(octets.view());
    ASSERT_EQ(back.at(0).statuses.size(), 2U);
    EXPECT_EQ(back[0].statuses[1].lang, "cs");
    EXPECT_EQ(back[0].statuses[1].text, "pry\u010d");
}

// RFC 3863 §4.1.7: never the same twice, and what stands there never becomes text in a stanza.
TEST_F(PresenceStates, NoTwoDocumentsHaveTheSameTimeStamp) {
    Stamps stamps;
    std::set<std::string> seen;
    const std::vector<Presence> stanzas{available("balcony")};
    for (const std::int64_t now : {1763820000000000, 1763820000000000, 1763819999000000}) {
        const auto document = to_pidf(stanzas, arena, stamps.next(now));
        EXPECT_TRUE(seen.emplace(document->pidf.tuples.at(0).timestamp).second);
    }
    EXPECT_EQ(*seen.begin(), "2025-11-22T14:00:00.000000Z");
    EXPECT_EQ(*seen.rbegin(), "2025-11-22T14:00:00.000002Z");
}

TEST_F(PresenceStates, TooMuchIsRefusedAsAWhole) {
    std::string tuples;
    for (int i = 0; i < 10000; ++i) {
        tuples += "<tuple id='t" + std::to_string(i) +
                  "'><status><basic>open</basic></status>"
                  "</tuple>";
    }
    const auto wrap = [this](const std::string& inside) {
        return arena.copy(
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
            "entity='pres:juliet@example.com'>" +
            inside + "</presence>");
    };
    EXPECT_TRUE(to_stanzas(wrap(tuples)).empty());
    EXPECT_EQ(status, 413);
    EXPECT_TRUE(to_stanzas(wrap(tuples.substr(0, tuples.find("<tuple id='t65'")))).empty());
    EXPECT_EQ(status, 413);
    EXPECT_EQ(to_stanzas(wrap(tuples.substr(0, tuples.find("<tuple id='t64'")))).size(), 64U);
    EXPECT_TRUE(to_stanzas(wrap("<note>" + std::string(70000, 'x') + "</note>")).empty());
    EXPECT_EQ(status, 413);
    EXPECT_TRUE(to_stanzas(arena.copy("<!DOCTYPE presence [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b "
                                      "'&a;&a;&a;&a;'>]><presence xmlns='urn:ietf:params:xml:ns:"
                                      "pidf' entity='pres:juliet@example.com'><note>&b;</note>"
                                      "</presence>"))
                    .empty());
    EXPECT_EQ(status, 400);
    std::string deep;
    for (int i = 0; i < 1000; ++i) {
        deep += "<x>";
    }
    EXPECT_TRUE(to_stanzas(wrap(deep)).empty());
    EXPECT_NE(status, 200);
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
