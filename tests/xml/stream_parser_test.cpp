// StreamParser on good streams: RFC 6120 §4 and §11, Namespaces in XML 1.0.
#include <gtest/gtest.h>

#include <random>

#include "stream_log.h"

namespace isthmus::xml {
namespace {

using std::string_view_literals::operator""sv;

std::vector<std::string> elements_of(std::string_view octets) {
    StreamLog log;
    log.arrive(std::string(kHeader) + std::string(octets));
    EXPECT_EQ(log.parser.fault(), Fault::None) << log.parser.fault_detail();
    EXPECT_EQ(log.pending, "");
    log.events.erase(log.events.begin());
    return log.events;
}

std::string one(std::string_view octets) {
    const auto events = elements_of(octets);
    return events.size() == 1 ? events.front() : "events: " + std::to_string(events.size());
}

TEST(StreamParser, Rfc6120_4_2_HeaderIsToldWithItsNamespacesAndAttributes) {
    StreamLog log;
    log.arrive(kHeader);
    ASSERT_EQ(log.events.size(), 1U);
    EXPECT_EQ(log.events[0],
              "open {http://etherx.jabber.org/streams}stream[from=a.example][to=b.example]"
              "[version=1.0] default=jabber:server");
}

TEST(StreamParser, Rfc6120_4_8_PrefixesOfTheHeaderHoldInStanzas) {
    EXPECT_EQ(one("<db:result from='a'>key</db:result>"),
              "{jabber:server:dialback}result[from=a](\"key\")");
    EXPECT_EQ(one("<stream:features/>"), "{http://etherx.jabber.org/streams}features");
    EXPECT_EQ(one("<message/>"), "{jabber:server}message");
}

TEST(StreamParser, Rfc6120_4_4_EndTagClosesAndTheRestIsIgnored) {
    StreamLog log;
    log.arrive(kHeader);
    log.arrive("<message/></stream:stream \n> <message/><");
    ASSERT_EQ(log.events.size(), 3U);
    EXPECT_EQ(log.events[2], "close");
    EXPECT_EQ(log.pending, "");
    EXPECT_EQ(log.parser.fault(), Fault::None);
}

TEST(StreamParser, EmptyRootOpensAndCloses) {
    StreamLog log;
    log.arrive("<s:stream xmlns:s='x'/>");
    EXPECT_EQ(log.events, (std::vector<std::string>{"open {x}stream default=", "close"}));
}

TEST(StreamParser, WhiteSpaceKeepAlivesAreConsumed) {
    StreamLog log;
    log.arrive(kHeader);
    log.arrive(" \r\n\t");
    EXPECT_EQ(log.pending, "");
    EXPECT_FALSE(log.parser.is_inside_element());
}

TEST(StreamParser, Xml_2_4_PredefinedEntitiesAndReferencesAreText) {
    EXPECT_EQ(one("<a b='&lt;&amp;&gt;&apos;&quot;'>x&#65;&#x1F600;&lt;/a&gt;&#xD;</a>"),
              "{jabber:server}a[b=<&>'\"](\"xA\xF0\x9F\x98\x80</a>\r\")");
}

TEST(StreamParser, A12_CdataIsTextAndMergesWithItsNeighbours) {
    EXPECT_EQ(one("<a>1<![CDATA[<b>&amp;]]]]>2</a>"), "{jabber:server}a(\"1<b>&amp;]]2\")");
    EXPECT_EQ(one("<a><![CDATA[]]></a>"), "{jabber:server}a");
    EXPECT_EQ(one("<a>]]<![CDATA[>]]></a>"), "{jabber:server}a(\"]]>\")");
}

TEST(StreamParser, Xml_2_11_LineEndsBecomeLineFeeds) {
    EXPECT_EQ(one("<a>1\r\n2\r3\n4\r\r\n<![CDATA[\r\n\r]]></a>"),
              "{jabber:server}a(\"1\n2\n3\n4\n\n\n\n\")");
}

TEST(StreamParser, Xml_3_3_3_AttributeWhiteSpaceBecomesSpaces) {
    EXPECT_EQ(one("<a b='1\t2\n3\r\n4\r5&#9;6&#10;'/>"), "{jabber:server}a[b=1 2 3 4 5\t6\n]");
}

TEST(StreamParser, MixedContentKeepsItsOrder) {
    EXPECT_EQ(one("<a>1<b/>2<c>3</c> </a>"),
              "{jabber:server}a(\"1\"{jabber:server}b\"2\"{jabber:server}c(\"3\")\" \")");
}

TEST(StreamParser, Names_2_DefaultNamespaceIsScopedAndMayBeUndeclared) {
    EXPECT_EQ(one("<a xmlns='x'><b xmlns=''><c/></b><d/></a>"), "{x}a(b(c){x}d)");
    EXPECT_EQ(one("<a xmlns:p='x'><p:b xmlns:p='y'><p:c/></p:b><p:d/></a>"),
              "{jabber:server}a({y}b({y}c){x}d)");
}

TEST(StreamParser, Names_6_2_DefaultNamespaceIsNotForAttributes) {
    EXPECT_EQ(one("<p:a xmlns:p='x' p:b='1' b='2' xml:lang='de'/>"),
              "{x}a[{x}b=1][b=2][{http://www.w3.org/XML/1998/namespace}lang=de]");
}

TEST(StreamParser, Names_3_XmlMayBeDeclaredAsItself) {
    EXPECT_EQ(one("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>"), "{jabber:server}a");
}

TEST(StreamParser, Xml_2_3_NamesMayBeWide) {
    EXPECT_EQ(one("<h\xC3\xA9 \xD0\xB6='1'/>"), "{jabber:server}h\xC3\xA9[\xD0\xB6=1]");
}

TEST(StreamParser, ElementLooksItsPartsUp) {
    StreamLog log;
    log.during_element = [&](const Element& e) {
        EXPECT_EQ(e.attribute("id"), "7");
        EXPECT_FALSE(e.attribute("lang"));
        EXPECT_EQ(e.lang(), "fr");
        EXPECT_EQ(e.text, "1");
        EXPECT_EQ(e.all_text(log.parser.arena()), "12");
        ASSERT_NE(e.child("b", "x"), nullptr);
        EXPECT_EQ(e.child("b", "jabber:server"), nullptr);
        EXPECT_EQ(e.first_element()->name, "b");
        EXPECT_EQ(e.first_element()->next_element(), nullptr);
        EXPECT_EQ(e.first_element()->all_text(log.parser.arena()), "t");
    };
    log.arrive(kHeader);
    log.arrive("<a id='7' xml:lang='fr'>1<b xmlns='x'>t</b>2</a>");
    EXPECT_EQ(log.events.size(), 2U);
}

TEST(StreamParser, StopLeavesTheRestUnconsumed) {
    StreamLog log;
    log.during_element = [&](const Element& e) {
        if (e.name == "starttls") {
            log.parser.stop();
        }
    };
    log.arrive(kHeader);
    log.arrive("<starttls/><message/>");
    EXPECT_EQ(log.events.size(), 2U);
    EXPECT_EQ(log.pending, "<message/>");
    log.arrive("");
    EXPECT_EQ(log.events.size(), 3U);
}

TEST(StreamParser, WhatArrivesTogetherIsToldBeforeTheFirstIsHandedOver) {
    StreamLog log;
    log.arrive(kHeader);
    log.arrive("<a>1</a><b/><message>");
    EXPECT_EQ(
        log.ahead,
        (std::vector<StreamLog::Ahead>{{1, "{jabber:server}a(\"1\")"}, {1, "{jabber:server}b"}}));
    EXPECT_EQ(log.events.size(), 3U);
    EXPECT_EQ(log.events[1], "{jabber:server}a(\"1\")");
    EXPECT_EQ(log.pending, "<message>");
    log.arrive("</message>");  // alone it needs no announcement
    EXPECT_EQ(log.ahead.size(), 2U);
    EXPECT_EQ(log.events.size(), 4U);
}

TEST(StreamParser, WhatFollowsAFaultlessElementIsJudgedAfterIt) {
    StreamLog log;
    log.during_element = [&](const Element& /*e*/) { EXPECT_EQ(log.parser.fault(), Fault::None); };
    log.arrive(kHeader);
    log.arrive("<a/><b/><c></d>");
    EXPECT_EQ(log.events.size(), 3U);
    EXPECT_EQ(log.parser.fault(), Fault::NotWellFormed);
    EXPECT_EQ(log.pending, "<c></d>");
}

TEST(StreamParser, StopAndNewLimitsCountForWhatWasReadAhead) {
    StreamLog log;
    log.during_element = [&](const Element& e) {
        if (e.name == "a") {
            log.parser.stop();
        }
    };
    log.arrive(kHeader);
    log.arrive("<z/><a/><b/><c/>");
    EXPECT_EQ(log.events.size(), 3U);
    EXPECT_EQ(log.pending, "<b/><c/>");
    log.arrive("");
    EXPECT_EQ(log.events.size(), 5U);
    EXPECT_EQ(log.events[4], "{jabber:server}c");
}

TEST(StreamParser, ManyElementsKeepTheirOrder) {
    StreamLog log;
    log.arrive(kHeader);
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        all += "<m n='" + std::to_string(i) + "'/>" + (i % 7 == 0 ? " " : "");
    }
    log.arrive_in_pieces(all, 997);
    ASSERT_EQ(log.events.size(), 1001U);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(log.events[static_cast<std::size_t>(i) + 1],
                  "{jabber:server}m[n=" + std::to_string(i) + "]");
    }
}

TEST(StreamParser, Rfc6120_5_4_3_RestartForgetsTheOldStream) {
    StreamLog log;
    log.during_element = [&](const Element& e) {
        if (e.name == "starttls") {
            log.parser.restart();
            EXPECT_EQ(e.ns, "jabber:server");
        }
    };
    log.arrive(kHeader);
    log.arrive("<starttls/>");
    log.arrive("<?xml version='1.0'?><s:stream xmlns:s='y'><a/>");
    EXPECT_EQ(log.events.back(), "a");
    log.arrive("<db:result/>");
    EXPECT_EQ(log.parser.fault(), Fault::BadNamespacePrefix);
    log.parser.restart();
    EXPECT_EQ(log.parser.fault(), Fault::None);
}

TEST(StreamParser, A06_InsideElementFromItsFirstOctetToItsLast) {
    StreamLog log;
    log.arrive("<");
    EXPECT_TRUE(log.parser.is_inside_element());
    log.arrive(kHeader.substr(1));
    EXPECT_FALSE(log.parser.is_inside_element());
    log.arrive("<");
    EXPECT_TRUE(log.parser.is_inside_element());
    log.arrive("a");
    EXPECT_TRUE(log.parser.is_inside_element());
    log.arrive("/>");
    EXPECT_FALSE(log.parser.is_inside_element());
    log.arrive("</stream:stream");
    EXPECT_TRUE(log.parser.is_inside_element());
    log.arrive(">");
    EXPECT_FALSE(log.parser.is_inside_element());
}

TEST(StreamParser, TextWithoutEntitiesIsAViewOfTheInput) {
    StreamLog log;
    std::string octets = std::string(kHeader) + "<a b='value'>text \xC3\xA9\n ]] </a>";
    const auto is_inside = [&](std::string_view view) {
        return view.data() >= octets.data() && view.data() < octets.data() + octets.size();
    };
    log.during_element = [&](const Element& e) {
        EXPECT_TRUE(is_inside(e.text));
        EXPECT_TRUE(is_inside(e.attributes->value));
        EXPECT_TRUE(is_inside(e.name));
    };
    EXPECT_EQ(log.parser.feed(octets), octets.size());
    EXPECT_EQ(log.events.size(), 2U);
}

// However the octets are cut, the same elements come out.
TEST(StreamParser, CutsMakeNoDifference) {
    const std::string stream =
        std::string(kHeader) +
        "<message from='r@a' to=\"j@b\" id='&#x41;'>\r\n<body>h\xC3\xA9ll\xE2\x82\xAC \xF0\x9F\x98"
        "\x80 &lt;b&gt; ]] ]&gt;</body><x xmlns='y' xmlns:p='z'><p:q p:r='1>2'/><!"
        "[CDATA[a]]b<c>]]]]></x></message> \n<a/><presence\t/>\r\n<iq><q:q xmlns:q='1'></q:q ></iq>"
        "</stream:stream>";
    StreamLog whole;
    whole.arrive(stream);
    ASSERT_EQ(whole.parser.fault(), Fault::None) << whole.parser.fault_detail();
    ASSERT_EQ(whole.events.size(), 6U);
    for (std::size_t size = 1; size < 40; ++size) {
        StreamLog pieces;
        pieces.arrive_in_pieces(stream, size);
        EXPECT_EQ(pieces.events, whole.events) << size;
    }
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        StreamLog pieces;
        pieces.arrive(stream.substr(0, cut));
        pieces.arrive(stream.substr(cut));
        EXPECT_EQ(pieces.events, whole.events) << cut;
    }
}

// Damaged streams: whatever is accepted before the fault does not depend on the cuts either.
TEST(StreamParser, CutsMakeNoDifferenceToDamagedStreams) {
    const std::string good = std::string(kHeader) +
                             "<m a='1' b='&lt;'><b>t\xC3\xA9&amp;]]</b><![CDATA[x]]></m><p:q "
                             "xmlns:p='u'>\r\n</p:q></stream:stream>";
    const std::string_view damage = "<>&;'\"/!?]=[- x:\0\xC3\xA9\xFF"sv;
    std::minstd_rand random(7);
    for (int i = 0; i < 4000; ++i) {
        std::string bad = good;
        for (int j = 0; j < 2; ++j) {
            bad[kHeader.size() + random() % (bad.size() - kHeader.size())] =
                damage[random() % damage.size()];
        }
        StreamLog whole;
        whole.arrive(bad);
        StreamLog octets;
        octets.arrive_in_pieces(bad, 1);
        ASSERT_EQ(whole.events, octets.events) << bad;
        // In pieces a fault may show only when the element ends, which it then may never do.
        if (whole.parser.fault() == Fault::None) {
            ASSERT_EQ(octets.parser.fault(), Fault::None) << bad;
        } else if (octets.parser.fault() == Fault::None) {
            ASSERT_TRUE(octets.parser.is_inside_element()) << bad;
        }
    }
}

}  // namespace
}  // namespace isthmus::xml
