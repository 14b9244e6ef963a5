#include "cli/clixml.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace isthmus::cli {
namespace {

std::string objects(std::string_view inside) {
    return "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">" +
           std::string(inside) + "</Objs>";
}

/// The text of the property P of the only object.
std::string property(std::string_view inside) {
    const auto read =
        read_clixml(objects("<Obj RefId=\"0\"><MS>" + std::string(inside) + "</MS></Obj>"));
    EXPECT_TRUE(read) << read.error().detail;
    const ClixmlValue* found = read ? read->pipeline.at(0)->find("p") : nullptr;
    return found == nullptr ? "nothing" : std::string(found->called());
}

std::string fault(const std::string& file, const ClixmlLimits& limits = {}) {
    const auto read = read_clixml(file, limits);
    return read ? "" : read.error().detail;
}

std::string utf16(std::string_view ascii, bool is_big, bool has_mark) {
    std::string out = !has_mark ? "" : is_big ? "\xFE\xFF" : "\xFF\xFE";
    for (const char c : ascii) {
        out += is_big ? std::string{'\0', c} : std::string{c, '\0'};
    }
    return out;
}

TEST(Clixml, Values) {
    EXPECT_EQ(property("<S N=\"P\">a &amp; b</S>"), "a & b");
    EXPECT_EQ(property("<S N=\"P\"></S>"), "");
    EXPECT_EQ(property("<Nil N=\"P\"/>"), "nothing");
    EXPECT_EQ(property("<B N=\"P\">true</B>"), "true");
    EXPECT_EQ(property("<U32 N=\"P\">20</U32>"), "20");
    EXPECT_EQ(property("<SS N=\"P\">0100abcd</SS>"), "0100abcd");  // not decrypted
    EXPECT_EQ(property("<Obj N=\"P\" RefId=\"1\"><ToString>Required</ToString><I32>1</I32></Obj>"),
              "Required");
    EXPECT_EQ(property("<Obj N=\"P\" RefId=\"1\"><Props><S N=\"FriendlyName\">X</S></Props></Obj>"),
              "X");
}

TEST(Clixml, EscapesAreReadOnce) {
    EXPECT_EQ(property("<S N=\"P\">a_x000D__x000A_b</S>"), "a\r\nb");
    EXPECT_EQ(property("<S N=\"P\">_x005F_x41_</S>"), "_x41_");
    EXPECT_EQ(property("<S N=\"P\">_xD83D__xDE00_</S>"), "\xF0\x9F\x98\x80");
    EXPECT_EQ(property("<S N=\"P\">_xD83D_!</S>"), "\xEF\xBF\xBD!");
    EXPECT_EQ(property("<S N=\"P\">_x00G1_ _x1_ _</S>"), "_x00G1_ _x1_ _");
    EXPECT_EQ(property("<S N=\"_x0050_\">v</S>"), "v");
}

TEST(Clixml, AdaptedPropertiesWin) {
    const auto read =
        read_clixml(objects("<Obj RefId=\"0\"><Props><S N=\"A\">1</S></Props><MS>"
                            "<S N=\"a\">2</S><S N=\"B\">3</S></MS></Obj>"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->pipeline.at(0)->find("a")->text, "1");
    EXPECT_EQ(read->pipeline.at(0)->find("b")->text, "3");
    EXPECT_EQ(read->pipeline.at(0)->names, (std::vector<std::string>{"A", "B"}));
}

TEST(Clixml, TypesAndReferences) {
    const auto read = read_clixml(objects(
        "<Obj RefId=\"0\"><TN RefId=\"0\"><T>Deserialized.A#Decorated</T><T>System.Object</T></TN>"
        "<MS><Obj N=\"L\" RefId=\"1\"><LST><S>x</S><Ref RefId=\"0\"/></LST></Obj></MS></Obj>"
        "<Obj RefId=\"2\"><TNRef RefId=\"0\"/><MS><Ref N=\"Again\" RefId=\"1\"/></MS></Obj>"
        "<S>loose</S>"));
    ASSERT_TRUE(read) << read.error().detail;
    ASSERT_EQ(read->pipeline.size(), 2U);
    EXPECT_EQ(read->pipeline[1]->types, (std::vector<std::string>{"A", "System.Object"}));
    const ClixmlObject* list = read->pipeline[1]->find("again")->object;
    ASSERT_TRUE(list->is_list);
    EXPECT_EQ(list->items.at(0).text, "x");
    EXPECT_EQ(list->items.at(1).object, read->pipeline[0]);
}

TEST(Clixml, Encodings) {
    const std::string file = objects("<S>x</S>");
    EXPECT_EQ(fault(file), "");
    EXPECT_EQ(fault("\xEF\xBB\xBF" + file), "");
    for (const bool is_big : {false, true}) {
        for (const bool has_mark : {false, true}) {
            EXPECT_EQ(fault(utf16(file, is_big, has_mark)), "") << is_big << has_mark;
        }
    }
    EXPECT_EQ(fault(utf16(file, false, true) + "x"), "it begins as UTF-16 and is not");
    using namespace std::string_literals;
    EXPECT_EQ(fault("\xFF\xFE\x00\xD8<\0"s), "it begins as UTF-16 and is not");
    EXPECT_EQ(fault("\xC0\xAF"), "it is neither UTF-8 nor UTF-16");
}

TEST(Clixml, WhatIsRefused) {
    EXPECT_EQ(fault("<a/>"), "its root is not <Objs> of PowerShell");
    EXPECT_NE(fault("<!DOCTYPE a [<!ENTITY e 'x'>]>" + objects("<S>&e;</S>")), "");
    EXPECT_NE(fault(objects("<S>&e;</S>")), "");
    EXPECT_NE(fault(objects("<S>x")), "");
    EXPECT_NE(fault(""), "");
    EXPECT_EQ(fault(objects("<Obj RefId=\"0\"/><Obj RefId=\"0\"/>")), "RefId \"0\" is there twice");
    EXPECT_EQ(fault(objects("<Ref RefId=\"7\"/>")), "RefId \"7\" is nowhere before it is used");
    EXPECT_EQ(fault(objects("<Obj><TNRef RefId=\"7\"/></Obj>")),
              "RefId \"7\" is nowhere before it is used");
}

TEST(Clixml, Limits) {
    std::string deep = "<S N=\"P\">x</S>";
    for (int i = 0; i < 50; ++i) {
        deep = "<Obj N=\"P\"><MS>" + deep + "</MS></Obj>";
    }
    EXPECT_EQ(fault(objects(deep)), "objects in objects, deeper than 50");
    EXPECT_EQ(fault("<Objs></Objs>", {.max_octets = 12}), "13 octets; at most 12 are read");
    EXPECT_EQ(fault(objects("<S>x</S><S>y</S>"), {.max_values = 1}), "more than 1 values");
}

}  // namespace
}  // namespace isthmus::cli
