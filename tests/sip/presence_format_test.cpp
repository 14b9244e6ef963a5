// Presence in the documents of Lync servers: the ranges and values of docs/presence-states.md.
#include "sip/presence_format.h"

#include "sip/event_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::sip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kCategoriesType = "application/msrtc-event-categories+xml";
constexpr std::string_view kMsrtcType = "text/xml+msrtc.pidf";

/// The document lives as long as what is read from it.
auto read_kept(std::string_view type, const std::string& document, Arena& arena) {
    return read_presence(type, arena.copy(document), arena);
}

std::string categories(const std::string& inside) {
    return "<categories xmlns=\"http://schemas.microsoft.com/2006/09/sip/categories\" "
           "uri=\"sip:juliet@litware.example\">" +
           inside + "</categories>";
}

std::string state(const std::string& availability,
                  const std::string& token = {},
                  const std::string& type = "aggregateState",
                  const std::string& time = "2026-11-22T15:23:01Z") {
    return "<category name=\"state\" instance=\"1\" publishTime=\"" + time +
           "\"><state xmlns=\"http://schemas.microsoft.com/2006/09/sip/state\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"" +
           type + "\" lastActive=\"2026-11-22T15:00:00Z\"><availability>" + availability +
           "</availability>" + (token.empty() ? "" : "<activity token=\"" + token + "\"/>") +
           "</state></category>";
}

struct RangeRow {
    const char* availability;
    PidfBasic basic;
    const char* activity;  ///< the first; null: none
    bool is_idle;
};

class AvailabilityRange : public testing::TestWithParam<RangeRow> {};

TEST_P(AvailabilityRange, IsRead) {
    Arena arena;
    const RangeRow& row = GetParam();
    const auto pidf = read_kept(kCategoriesType, categories(state(row.availability)), arena);
    ASSERT_TRUE(pidf);
    EXPECT_EQ(pidf->entity, "sip:juliet@litware.example");
    if (row.basic == PidfBasic::Absent) {
        EXPECT_TRUE(pidf->tuples.empty());
        return;
    }
    ASSERT_EQ(pidf->tuples.size(), 1U);
    const PidfTuple& tuple = pidf->tuples[0];
    EXPECT_EQ(tuple.basic, row.basic);
    EXPECT_EQ(tuple.input.is_idle, row.is_idle);
    if (row.activity == nullptr) {
        EXPECT_TRUE(tuple.activities.empty());
    } else {
        ASSERT_FALSE(tuple.activities.empty());
        EXPECT_EQ(tuple.activities[0], row.activity);
    }
}

INSTANTIATE_TEST_SUITE_P(Table,
                         AvailabilityRange,
                         testing::Values(RangeRow{"0", PidfBasic::Absent, nullptr, false},
                                         RangeRow{"2999", PidfBasic::Absent, nullptr, false},
                                         RangeRow{"3000", PidfBasic::Open, nullptr, false},
                                         RangeRow{"4499", PidfBasic::Open, nullptr, false},
                                         RangeRow{"4500", PidfBasic::Open, "idle", true},
                                         RangeRow{"5999", PidfBasic::Open, "idle", true},
                                         RangeRow{"6000", PidfBasic::Open, "busy", false},
                                         RangeRow{"7500", PidfBasic::Open, "busy", true},
                                         RangeRow{"8999", PidfBasic::Open, "busy", true},
                                         RangeRow{"9000", PidfBasic::Open, "do-not-disturb", false},
                                         RangeRow{"12000", PidfBasic::Open, "be-right-back", false},
                                         RangeRow{"15000", PidfBasic::Open, "away", false},
                                         RangeRow{"17999", PidfBasic::Open, "away", false},
                                         RangeRow{"18000", PidfBasic::Closed, nullptr, false},
                                         RangeRow{"99999999", PidfBasic::Closed, nullptr, false},
                                         RangeRow{"many", PidfBasic::Absent, nullptr, false}));

TEST(Categories, TheAggregateCountsAndTheNewestNote) {
    const auto note = [](const std::string& text, const std::string& time) {
        return "<category name=\"note\" publishTime=\"" + time +
               "\"><note xmlns=\"http://schemas.microsoft.com/2006/09/sip/note\">"
               "<body type=\"personal\" uri=\"\">" +
               text + "</body></note></category>";
    };
    Arena arena;
    const std::string document = categories(
        state("3500", {}, "machineState", "2026-11-22T16:00:00Z") + state("6500", "on-the-phone") +
        state("9500", {}, "userState", "2026-11-22T17:00:00Z") +
        note("new", "2026-11-22T16:00:00Z") + note("old", "2026-11-22T15:00:00Z"));
    const auto pidf = read_kept(kCategoriesType, document, arena);
    ASSERT_TRUE(pidf && pidf->tuples.size() == 1);
    EXPECT_THAT(pidf->tuples[0].activities, ElementsAre("busy", "on-the-phone"));
    ASSERT_EQ(pidf->tuples[0].notes.size(), 1U);
    EXPECT_EQ(pidf->tuples[0].notes[0].text, "new");
    EXPECT_FALSE(pidf->unsaid.state || pidf->unsaid.notes);
    EXPECT_TRUE(pidf->unsaid.name);
}

TEST(Categories, ANoteAloneIsNoState) {
    Arena arena;
    const auto pidf = read_kept(kCategoriesType, categories("<category name=\"note\"/>"), arena);
    ASSERT_TRUE(pidf);
    EXPECT_TRUE(pidf->tuples.empty());
    EXPECT_TRUE(pidf->unsaid.state && pidf->unsaid.name);
    EXPECT_FALSE(pidf->unsaid.notes) << "that there is none is said";
}

TEST(Msrtc, AggregatesAreRead) {
    struct Row {
        const char* availability;
        const char* activity;
        PidfBasic basic;
        const char* said;
    };

    for (const Row& row : {Row{"300", "400", PidfBasic::Open, nullptr},
                           Row{"300", "600", PidfBasic::Open, "busy"},
                           Row{"300", "500", PidfBasic::Open, "on-the-phone"},
                           Row{"300", "150", PidfBasic::Open, "lunch"},
                           Row{"300", "300", PidfBasic::Open, "be-right-back"},
                           Row{"300", "100", PidfBasic::Open, "away"},
                           Row{"0", "0", PidfBasic::Closed, nullptr}}) {
        Arena arena;
        const auto pidf =
            read_kept(kMsrtcType,
                      std::string("<presentity uri=\"juliet@litware.example\" "
                                  "xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">"
                                  "<availability aggregate=\"") +
                          row.availability + "\"/><activity aggregate=\"" + row.activity +
                          "\"/><userInfo><note>hi</note></userInfo></presentity>",
                      arena);
        ASSERT_TRUE(pidf && pidf->tuples.size() == 1) << row.activity;
        EXPECT_EQ(pidf->entity, "sip:juliet@litware.example");
        EXPECT_EQ(pidf->tuples[0].basic, row.basic) << row.activity;
        EXPECT_EQ(pidf->tuples[0].notes[0].text, "hi");
        if (row.said != nullptr) {
            ASSERT_FALSE(pidf->tuples[0].activities.empty()) << row.activity;
            EXPECT_EQ(pidf->tuples[0].activities[0], row.said);
        } else {
            EXPECT_TRUE(pidf->tuples[0].activities.empty());
        }
    }
}

TEST(PresenceFormats, WhatIsNoneOfThemIsRefused) {
    Arena arena;
    EXPECT_EQ(read_kept("text/plain", "x", arena).error().kind, ErrorKind::Unsupported);
    EXPECT_FALSE(read_kept(kCategoriesType, "<presence/>", arena));
    EXPECT_FALSE(read_kept(kCategoriesType, "", arena));
    EXPECT_FALSE(read_kept(kMsrtcType, "<categories/>", arena));
}

Pidf romeo(PidfBasic basic, std::string_view show) {
    Pidf pidf{.entity = "pres:romeo@fabrikam.example"};
    PidfTuple tuple{.id = "ID-orchard", .basic = basic, .show = show};
    tuple.contact = "sip:romeo@fabrikam.example;gr=orchard";
    tuple.notes.push_back({{}, "<reading>"});
    tuple.timestamp = "2026-11-22T15:23:01Z";
    pidf.tuples.push_back(tuple);
    return pidf;
}

std::string written(const Pidf& pidf, PresenceFormat format) {
    Buffer out;
    write_presence(pidf, format, out);
    return std::string(out.view());
}

TEST(Categories, AreWrittenWithNumberWordNameAndNote) {
    const std::string document =
        written(romeo(PidfBasic::Open, "away"), PresenceFormat::Categories);
    EXPECT_THAT(document, HasSubstr("uri='sip:romeo@fabrikam.example'"));
    EXPECT_THAT(document, HasSubstr("<displayName>romeo</displayName>"));
    EXPECT_THAT(document, HasSubstr("<availability>15500</availability><activity token='away'/>"));
    EXPECT_THAT(document, HasSubstr("&lt;reading"));
    EXPECT_THAT(document, Not(HasSubstr("gr=")));
}

TEST(WrittenStates, NameTheirUser) {
    for (const PresenceFormat format :
         {PresenceFormat::Categories, PresenceFormat::Msrtc, PresenceFormat::Pidf}) {
        for (const char* name : {"", "Romeo \"M\" & Co"}) {
            Pidf pidf = romeo(PidfBasic::Open, "");
            pidf.display_name = name;
            Arena arena;
            const std::string document = written(pidf, format);
            const auto back = read_kept(content_type_of(format), document, arena);
            ASSERT_TRUE(back) << document;
            const bool is_pidf = format == PresenceFormat::Pidf;
            EXPECT_EQ(back->display_name, *name == 0 && !is_pidf ? "romeo" : name) << document;
        }
    }
}

TEST(Categories, AnAddressIsNoName) {
    Arena arena;
    const auto named = [&](const std::string& name) {
        const auto pidf = read_kept(
            kCategoriesType,
            categories("<category name=\"contactCard\"><contactCard xmlns=\"http://schemas."
                       "microsoft.com/2006/09/sip/contactcard\"><identity><name><displayName>" +
                       name + "</displayName></name></identity></contactCard></category>"),
            arena);
        return pidf ? std::string(pidf->display_name) : "none";
    };
    EXPECT_EQ(named(" Juliet Capulet "), "Juliet Capulet");
    EXPECT_EQ(named("juliet@litware.example"), "");
}

TEST(WrittenStates, HaveOneNumberEach) {
    struct Row {
        PidfBasic basic;
        const char* show;
        const char* categories;
        const char* msrtc;
    };

    for (const Row& row : {Row{PidfBasic::Open,
                               "",
                               ">3500<",
                               "availability aggregate='300'/><activity aggregate='400'"},
                           Row{PidfBasic::Open, "chat", ">3500<", "aggregate='400'"},
                           Row{PidfBasic::Open, "dnd", ">9500<", "aggregate='600'"},
                           Row{PidfBasic::Open, "away", ">15500<", "aggregate='100'"},
                           Row{PidfBasic::Open, "xa", ">15500<", "aggregate='100'"},
                           Row{PidfBasic::Closed, "", ">18500<", "availability aggregate='0'"}}) {
        const Pidf pidf = romeo(row.basic, row.show);
        EXPECT_THAT(written(pidf, PresenceFormat::Categories), HasSubstr(row.categories));
        EXPECT_THAT(written(pidf, PresenceFormat::Msrtc), HasSubstr(row.msrtc));
    }
    Pidf idle = romeo(PidfBasic::Open, "");
    idle.tuples[0].input = {.is_idle = true, .last_input = "2026-11-22T15:00:00Z"};
    EXPECT_THAT(written(idle, PresenceFormat::Categories), HasSubstr(">5000<"));
    EXPECT_THAT(written(idle, PresenceFormat::Categories),
                HasSubstr("lastActive='2026-11-22T15:00:00Z'"));
}

TEST(WrittenStates, AreReadBackAsTheyWere) {
    for (const PresenceFormat format : {PresenceFormat::Categories, PresenceFormat::Msrtc}) {
        for (const char* show : {"", "away", "dnd"}) {
            Arena arena;
            const std::string document = written(romeo(PidfBasic::Open, show), format);
            const auto pidf = read_kept(content_type_of(format), document, arena);
            ASSERT_TRUE(pidf && pidf->tuples.size() == 1) << document;
            EXPECT_EQ(pidf->entity, "sip:romeo@fabrikam.example");
            EXPECT_EQ(pidf->tuples[0].basic, PidfBasic::Open);
            EXPECT_EQ(pidf->tuples[0].notes[0].text, "<reading>");
        }
    }
}

TEST(FormatChoice, GoesByAcceptAndPreference) {  // [MS-PRES] §1.3.3
    const auto choose = [](const std::string& accept, PresencePreference wanted) {
        const test::Parsed parsed(
            "SUBSCRIBE sip:romeo@fabrikam.example SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n"
            "From: <sip:juliet@corp.example>;tag=1\r\nTo: <sip:romeo@fabrikam.example>\r\n"
            "Call-ID: 1\r\nCSeq: 1 SUBSCRIBE\r\n" +
            accept + "Content-Length: 0\r\n\r\n");
        return choose_format(parsed.request(), wanted);
    };
    using enum PresencePreference;
    const std::string lync =
        "Accept: application/msrtc-event-categories+xml, application/xpidf+xml, "
        "text/xml+msrtc.pidf, application/pidf+xml, application/rlmi+xml, multipart/related\r\n";
    EXPECT_EQ(choose(lync, Auto), PresenceFormat::Categories);
    EXPECT_EQ(choose(lync, Msrtc), PresenceFormat::Msrtc);
    EXPECT_EQ(choose(lync, PresencePreference::Pidf), PresenceFormat::Pidf);
    EXPECT_EQ(choose("Accept: text/xml+msrtc.pidf\r\n", PresencePreference::Pidf),
              PresenceFormat::Msrtc);
    EXPECT_EQ(choose("", Auto), PresenceFormat::Pidf);
    EXPECT_EQ(choose("Accept: */*\r\n", Auto), PresenceFormat::Pidf);
    EXPECT_EQ(choose("Accept: application/xpidf+xml\r\n", Auto), std::nullopt);
}

}  // namespace
}  // namespace isthmus::sip
