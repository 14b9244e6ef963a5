#include "sip/pidf.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::sip {

namespace {

std::string document(std::string_view content) {
    return std::string(
               "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:romeo@example.net'>")
        .append(content)
        .append("</presence>");
}

TEST(Pidf, ReadsWhatItWrites) {
    Arena arena;
    Pidf pidf;
    pidf.entity = "pres:a'b&c@example.com";
    PidfTuple tuple;
    tuple.id = "ID-1";
    tuple.basic = PidfBasic::Open;
    tuple.show = "dnd";
    tuple.contact = "sip:a'b&c@example.com;gr=<";
    tuple.priority = 102;
    tuple.notes = {{"en", "<b> & ]]>"}, {"", "žluť"}};
    tuple.timestamp = "2002-09-10T23:41:07Z";
    pidf.tuples = {tuple};
    pidf.notes = {{"", "all"}};
    pidf.activities = {"busy", "on-the-phone"};
    Buffer octets;
    write_pidf(pidf, octets);
    const auto again = parse_pidf(octets.view(), arena);
    ASSERT_TRUE(again) << octets.view();
    EXPECT_EQ(again->entity, pidf.entity);
    ASSERT_EQ(again->tuples.size(), 1U);
    const PidfTuple& read = again->tuples[0];
    EXPECT_EQ(read.id, tuple.id);
    EXPECT_EQ(read.basic, tuple.basic);
    EXPECT_EQ(read.show, tuple.show);
    EXPECT_EQ(read.contact, tuple.contact);
    EXPECT_EQ(read.priority, tuple.priority);
    ASSERT_EQ(read.notes.size(), 2U);
    EXPECT_EQ(read.notes[0].lang, "en");
    EXPECT_EQ(read.notes[0].text, "<b> & ]]>");
    EXPECT_EQ(read.timestamp, tuple.timestamp);
    EXPECT_EQ(again->notes.at(0).text, "all");
    EXPECT_EQ(again->activities, pidf.activities);
}

TEST(Pidf, PriorityIsAsShortAsItsValue) {
    const auto written = [](int thousandths) {
        Pidf pidf;
        pidf.entity = "pres:a@b";
        PidfTuple tuple;
        tuple.id = "t";
        tuple.contact = "sip:a@b";
        tuple.priority = thousandths;
        pidf.tuples = {tuple};
        Buffer octets;
        write_pidf(pidf, octets);
        const std::string text(octets.view());
        const std::size_t begin = text.find("priority='") + 10;
        return text.substr(begin, text.find('\'', begin) - begin);
    };
    EXPECT_EQ(written(0), "0");
    EXPECT_EQ(written(1000), "1");
    EXPECT_EQ(written(7), "0.007");
    EXPECT_EQ(written(500), "0.5");
}

TEST(Pidf, IllegalPriorityIsNone) {
    Arena arena;
    for (std::string_view bad :
         {"", "2", "1.001", "0.1234", ".5", "0,5", "-0", "00.1", "1.", "x"}) {
        const auto pidf =
            parse_pidf(arena.copy(document("<tuple id='t'><contact priority='" + std::string(bad) +
                                           "'>sip:a@b</contact></tuple>")),
                       arena);
        ASSERT_TRUE(pidf);
        // RFC 3863 §4.1.5 allows a dot with nothing behind it.
        EXPECT_EQ(pidf->tuples.at(0).priority, bad == "1." ? std::optional(1000) : std::nullopt)
            << bad;
    }
}

TEST(Pidf, SkipsWhatItDoesNotKnow) {
    Arena arena;
    const auto pidf = parse_pidf(
        document("<x xmlns='urn:y'/><tuple id='a'><status><basic>open</basic><y xmlns='urn:y'/>"
                 "</status></tuple><tuple><status><basic>open</basic></status></tuple>"
                 "<tuple id='a'><status><basic>closed</basic></status></tuple>"),
        arena);
    ASSERT_TRUE(pidf);
    ASSERT_EQ(pidf->tuples.size(), 1U);
    EXPECT_EQ(pidf->tuples[0].basic, PidfBasic::Open);
}

TEST(Pidf, RefusesWhatIsNone) {
    Arena arena;
    EXPECT_FALSE(parse_pidf("", arena));
    EXPECT_FALSE(parse_pidf("hello", arena));
    EXPECT_FALSE(parse_pidf("<presence xmlns='urn:x' entity='pres:a@b'/>", arena));
    EXPECT_FALSE(parse_pidf("<presence xmlns='urn:ietf:params:xml:ns:pidf'/>", arena));
    EXPECT_FALSE(parse_pidf(document("<tuple id='a'>"), arena));
    EXPECT_FALSE(
        parse_pidf("<!DOCTYPE p [<!ENTITY a 'x'>]>" + document("<note>&a;</note>"), arena));
}

}  // namespace

}  // namespace isthmus::sip
