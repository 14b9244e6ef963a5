// What StreamParser refuses: RFC 6120 §11.1, well-formedness, namespaces, limits; abuse cases A01
// to A12.
#include <gtest/gtest.h>

#include "stream_log.h"

namespace isthmus::xml {
namespace {

/// The fault, and that it is the same octet by octet, and that nothing reached the sink.
Fault fault_of(const std::string& octets, Limits limits = {}, bool with_header = true) {
    const std::string all = (with_header ? std::string(kHeader) : std::string()) + octets;
    StreamLog whole(limits);
    whole.arrive(all);
    EXPECT_LE(whole.events.size(), with_header ? 1U : 0U) << octets.substr(0, 200);
    if (whole.parser.fault() != Fault::None) {
        const std::size_t before = whole.pending.size();
        whole.arrive("<a/>");
        EXPECT_EQ(whole.pending.size(), before + 4) << "nothing is consumed after a fault";
        EXPECT_FALSE(whole.parser.fault_detail().empty());
    }
    StreamLog pieces(limits);
    for (char octet : all) {
        if (pieces.parser.fault() != Fault::None) {
            break;
        }
        pieces.arrive({&octet, 1});
    }
    EXPECT_LE(pieces.events.size(), with_header ? 1U : 0U) << octets.substr(0, 200);
    EXPECT_EQ(pieces.parser.fault(), whole.parser.fault()) << octets.substr(0, 200);
    return whole.parser.fault();
}

std::string repeated(int times, const std::string& what) {
    std::string out;
    for (int i = 0; i < times; ++i) {
        out += what;
    }
    return out;
}

TEST(HostileXml, A01_DtdIsRestrictedBeforeAnythingIsExpanded) {
    const std::string laughs =
        "<!DOCTYPE lolz [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><stream:stream/>";
    EXPECT_EQ(fault_of(laughs, {}, false), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<?xml version='1.0'?>" + laughs, {}, false), Fault::RestrictedXml);
    EXPECT_EQ(fault_of(laughs), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<a><!ENTITY b 'c'></a>"), Fault::RestrictedXml);
}

TEST(HostileXml, A02_ExternalEntitiesAreRestricted) {
    EXPECT_EQ(fault_of("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", {}, false),
              Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://x/'> %p;]>", {}, false),
              Fault::RestrictedXml);
}

TEST(HostileXml, A03_CommentsInstructionsAndEntitiesAreRestricted) {
    EXPECT_EQ(fault_of("<!-- -->"), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<a><!-- --></a>"), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<?php ?>"), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<a><?php ?></a>"), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<a>&nbsp;</a>"), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<a b='&nbsp;'/>"), Fault::RestrictedXml);
}

TEST(HostileXml, A04_DepthIsRefusedAtTheFirstElementTooDeep) {
    std::string deepest;
    for (int i = 0; i < 64; ++i) {
        deepest += "<a>";
    }
    for (int i = 0; i < 64; ++i) {
        deepest += "</a>";
    }
    StreamLog log;
    log.arrive(std::string(kHeader) + deepest);
    EXPECT_EQ(log.events.size(), 2U);
    StreamLog deep;
    deep.arrive(kHeader);
    deep.arrive(repeated(65, "<a>"));
    EXPECT_EQ(deep.parser.fault(), Fault::TooLarge);
    EXPECT_EQ(fault_of(repeated(64, "<a>") + "<a/>"), Fault::TooLarge);
    StreamLog many;
    many.arrive(kHeader);
    many.arrive(repeated(100000, "<a>"));
    EXPECT_EQ(many.parser.fault(), Fault::TooLarge);
}

TEST(HostileXml, A05_OneHugeAttributeIsRefusedAtTheLimit) {
    StreamLog log;
    log.arrive(kHeader);
    log.arrive("<a b='");
    const std::string piece(64, 'x');
    std::size_t sent = 6;
    while (log.parser.fault() == Fault::None && sent < (20U << 20U)) {
        log.arrive(piece);
        sent += piece.size();
    }
    EXPECT_EQ(log.parser.fault(), Fault::TooLarge);
    EXPECT_LE(sent, Limits().max_element_octets + piece.size());
}

TEST(HostileXml, OctetLimitIsExact) {
    Limits limits;
    limits.max_element_octets = kHeader.size();
    const std::string longest = "<a>" + std::string(kHeader.size() - 7, 'x') + "</a>";
    for (std::size_t piece : {std::size_t{1}, kHeader.size(), std::size_t{10000}}) {
        StreamLog log(limits);
        log.arrive_in_pieces(std::string(kHeader) + longest + longest, piece);
        EXPECT_EQ(log.events.size(), 3U);
        StreamLog too_long(limits);
        too_long.arrive_in_pieces(std::string(kHeader) + "<a>x" + longest.substr(3), piece);
        EXPECT_EQ(too_long.parser.fault(), Fault::TooLarge);
        EXPECT_EQ(too_long.events.size(), 1U);
    }
    limits.max_element_octets = kHeader.size() / 2;
    EXPECT_EQ(fault_of(std::string(kHeader), limits, false), Fault::TooLarge);
}

TEST(HostileXml, A07_AttributesAndDeclarationsAreCounted) {
    std::string attributes;
    std::string declarations;
    for (int i = 0; i < 64; ++i) {
        attributes += " a" + std::to_string(i) + "='1'";
    }
    for (int i = 0; i < 32; ++i) {
        declarations += " xmlns:a" + std::to_string(i) + "='1'";
    }
    StreamLog log;
    log.arrive(std::string(kHeader) + "<a" + attributes + declarations + "/>");
    EXPECT_EQ(log.events.size(), 2U) << log.parser.fault_detail();
    EXPECT_EQ(fault_of("<a" + attributes + " b='1'/>"), Fault::TooLarge);
    EXPECT_EQ(fault_of("<a" + declarations + " xmlns:b='1'/>"), Fault::TooLarge);
    EXPECT_EQ(fault_of("<a" + declarations + "><c xmlns:b='1'/></a>"), Fault::TooLarge);
    Limits limits;
    limits.max_children = 3;
    EXPECT_EQ(fault_of("<a>1<b/>2</a>", limits), Fault::TooLarge);
}

TEST(HostileXml, A08_InvalidUtf8AndForbiddenCharactersAreNotWellFormed) {
    using std::string;
    for (const string& bad : {string("\xC0\xBC"),          // overlong '<'
                              string("\xE0\x80\xBC"),      // the same in three
                              string("\xF0\x80\x80\xBC"),  // and in four
                              string("\xC3"),              // lead octet that swallows the '<'
                              string("\xE2\x82"),
                              string("\xF0\x9F\x98"),
                              string("\x80"),
                              string("\xFE"),
                              string("\xED\xA0\x80"),  // a surrogate
                              string("\xED\xA0\xBD\xED\xB8\x80"),
                              string("\xEF\xBF\xBE"),  // U+FFFE
                              string("\xEF\xBF\xBF"),
                              string("\xF4\x90\x80\x80"),  // above U+10FFFF
                              string("\xF8\x88\x80\x80\x80"),
                              string("\0", 1),
                              string("\x01"),
                              string("\x0C"),
                              string("\x1F"),
                              string("&#0;"),
                              string("&#x1F;"),
                              string("&#xD800;"),
                              string("&#xFFFE;"),
                              string("&#x110000;"),
                              string("&#4294967361;"),  // 2^32 + 'A'
                              string("&#x100000041;")}) {
        EXPECT_EQ(fault_of("<a>" + bad + "</a>"), Fault::NotWellFormed) << bad;
        EXPECT_EQ(fault_of("<a>text" + bad + "<b/></a>"), Fault::NotWellFormed) << bad;
        EXPECT_EQ(fault_of("<a b='" + bad + "'/>"), Fault::NotWellFormed) << bad;
        EXPECT_EQ(fault_of("<a" + bad + "/>"), Fault::NotWellFormed) << bad;
        if (bad[0] != '&') {
            EXPECT_EQ(fault_of("<a><![CDATA[" + bad + "]]></a>"), Fault::NotWellFormed) << bad;
        }
    }
}

TEST(HostileXml, A09_ReservedPrefixesStay) {
    for (const char* bad : {"xmlns:xml='x'",
                            "xmlns:xmlns='x'",
                            "xmlns:xmlns='http://www.w3.org/2000/xmlns/'",
                            "xmlns:p='http://www.w3.org/XML/1998/namespace'",
                            "xmlns:p='http://www.w3.org/2000/xmlns/'",
                            "xmlns='http://www.w3.org/XML/1998/namespace'",
                            "xmlns='http://www.w3.org/2000/xmlns/'"}) {
        EXPECT_EQ(fault_of("<a " + std::string(bad) + "/>"), Fault::NotWellFormed) << bad;
    }
    // A separator inside a name does not make it another name.
    StreamLog log;
    log.arrive(std::string(kHeader) + "<a xmlns='jabber:server&#10;message'/>");
    EXPECT_EQ(log.events.back(), "{jabber:server\nmessage}a");
}

TEST(HostileXml, UndeclaredPrefixesAreRefused) {
    EXPECT_EQ(fault_of("<p:a/>"), Fault::BadNamespacePrefix);
    EXPECT_EQ(fault_of("<a p:b='1'/>"), Fault::BadNamespacePrefix);
    EXPECT_EQ(fault_of("<a><b xmlns:p='1'/><p:c/></a>"), Fault::BadNamespacePrefix);
    EXPECT_EQ(fault_of("<xmlns:a/>"), Fault::BadNamespacePrefix);
}

TEST(HostileXml, A10_TextThatLooksLikeStanzasStaysText) {
    const std::string attack = "</body></message><message from='admin@x'><body>";
    std::string references;
    std::string hex;
    for (char c : attack) {
        references += "&#" + std::to_string(static_cast<int>(c)) + ";";
        hex += "&#x0" + std::string(1, "0123456789abcdef"[c >> 4]) +
               std::string(1, "0123456789ABCDEF"[c & 15]) + ";";
    }
    for (const std::string& form : std::vector<std::string>{
             std::string("&lt;/body&gt;&lt;/message&gt;&lt;message "
                         "from=&apos;admin@x&apos;&gt;&lt;body&gt;"),
             references,
             hex,
             "<![CDATA[" + attack + "]]>",
             "&lt;/body><![CDATA[</message>]]>&#60;message from='admin@x'&gt;&lt;body&#x3e;"}) {
        StreamLog log;
        log.arrive(std::string(kHeader) + "<message><body>" + form + "</body></message>");
        ASSERT_EQ(log.events.size(), 2U) << form;
        EXPECT_EQ(log.events[1], "{jabber:server}message({jabber:server}body(\"" + attack + "\"))");
    }
}

TEST(HostileXml, A12_NamespaceEqualAttributesAreDuplicates) {
    EXPECT_EQ(fault_of("<a xmlns:p='x' xmlns:q='x' p:b='1' q:b='2'/>"), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<a b='1' b='2'/>"), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<a xmlns:p='x' xmlns:p='y'/>"), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<a xmlns='x' xmlns='x'/>"), Fault::NotWellFormed);
}

TEST(HostileXml, A12_CdataEndInTextIsRefused) {
    EXPECT_EQ(fault_of("<a>]]></a>"), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<a>text ]]]> </a>"), Fault::NotWellFormed);
}

TEST(HostileXml, A12_PrefixesCannotBeUndeclared) {
    EXPECT_EQ(fault_of("<a xmlns:p=''/>"), Fault::NotWellFormed);
}

TEST(HostileXml, A12_CdataSplitOverReadsIsText) {
    const std::string stanza = "<a>1<![CDATA[2]]3]]>4</a>";
    for (std::size_t cut = 1; cut < stanza.size(); ++cut) {
        StreamLog log;
        log.arrive(kHeader);
        log.arrive(stanza.substr(0, cut));
        log.arrive(stanza.substr(cut));
        ASSERT_EQ(log.events.size(), 2U) << cut;
        EXPECT_EQ(log.events[1], "{jabber:server}a(\"12]]34\")");
    }
}

TEST(HostileXml, Xml_2_GrammarFaultsAreNotWellFormed) {
    for (const char* bad :
         {"text",           "&amp;",        "<![CDATA[ ]]>", "<a></b>",     "<a></a b>",
          "<a><b></a></b>", "<abc></ab>",   "<a b/>",        "<a b=1/>",    "<a b='1'c='2'/>",
          "<a b='<'/>",     "<a b='&'/>",   "<a b='&lt'/>",  "<a / >",      "<1a/>",
          "<-a/>",          "<a:/>",        "<:a/>",         "<a:b:c/>",    "<a:1 xmlns:a='x'/>",
          "<a 1b='2'/>",    "< a/>",        "<a>&</a>",      "<a>& b</a>",  "<a>&lt</a>",
          "<a>&;</a>",      "<a>&#;</a>",   "<a>&#x;</a>",   "<a>&#a;</a>", "<a>&#X41;</a>",
          "<a\xC3\x97/>",   "<a <b/>></a>", "</other>"}) {
        EXPECT_EQ(fault_of(bad), Fault::NotWellFormed) << bad;
    }
    EXPECT_EQ(fault_of("text<stream/>", {}, false), Fault::NotWellFormed);
}

TEST(HostileXml, Rfc6120_11_5_DeclarationOnlyAtTheStart) {
    const std::string root = "<stream/>";
    EXPECT_EQ(fault_of(" <?xml version='1.0'?>" + root, {}, false), Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<?xml version='1.0'?><?xml version='1.0'?>" + root, {}, false),
              Fault::RestrictedXml);
    EXPECT_EQ(fault_of("<?xml version='1.1'?>" + root, {}, false), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<?xml encoding='UTF-8'?>" + root, {}, false), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<?xml version='1.0'encoding='UTF-8'?>" + root, {}, false),
              Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<?xml ?>" + root, {}, false), Fault::NotWellFormed);
    EXPECT_EQ(fault_of("<?xml version='1.0' x='y'?>" + root, {}, false), Fault::NotWellFormed);
    Limits small;
    small.max_element_octets = 100;
    EXPECT_EQ(fault_of("<?xml version='1.0'" + std::string(200, ' '), small, false),
              Fault::TooLarge);
}

TEST(HostileXml, Rfc6120_11_6_OnlyUtf8) {
    const std::string root = "<stream/>";
    EXPECT_EQ(fault_of("<?xml version='1.0' encoding='ISO-8859-1'?>" + root, {}, false),
              Fault::UnsupportedEncoding);
    EXPECT_EQ(fault_of("\xFE\xFF", {}, false), Fault::UnsupportedEncoding);
    EXPECT_EQ(fault_of("\xFF\xFE", {}, false), Fault::UnsupportedEncoding);
    // A byte order mark counts as text, and there may be none.
    EXPECT_EQ(fault_of("\xEF\xBB\xBF" + root, {}, false), Fault::NotWellFormed);
    for (const char* good : {"<?xml version='1.0' encoding='utf-8'?>",
                             "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='yes' ?>",
                             "<?xml version = '1.0'\n?>",
                             "\n"}) {
        StreamLog log;
        log.arrive(good + root);
        EXPECT_EQ(log.events.size(), 2U) << good;
    }
}

}  // namespace
}  // namespace isthmus::xml
