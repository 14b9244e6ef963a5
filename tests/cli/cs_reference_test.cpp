// docs/cmdlets.md is made of the table, and the table is consistent.
#include "base/text.h"
#include "cli/cs_harness.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace isthmus::cli::cs {
namespace {

TEST(Reference, ThePageAgreesWithTheTable) {
    std::ifstream file(std::string(ISTHMUS_SOURCE_DIR) + "/docs/cmdlets.md");
    std::ostringstream page;
    page << file.rdbuf();
    EXPECT_TRUE(page.str() == reference_page()) << "docs/cmdlets.md: run tools/cmdlet_page";
}

TEST(Reference, EveryParameterSaysWhatItDoes) {
    for (const Cmdlet& cmdlet : cmdlets()) {
        std::set<std::string> names;
        EXPECT_NE(cmdlet.action, nullptr) << cmdlet.name;
        EXPECT_FALSE(cmdlet.summary.empty()) << cmdlet.name;
        for (const Parameter& one : cmdlet.parameters) {
            SCOPED_TRACE(cmdlet.name + " -" + one.name);
            EXPECT_TRUE(names.insert(text::to_lower(one.name)).second);
            EXPECT_TRUE(*one.meaning != '\0' || *one.no_effect != '\0' || *one.property != '\0');
            if (one.type == Type::Choice || one.type == Type::Choices) {
                EXPECT_NE(std::string(one.choices), "");
            }
            if (one.type == Type::Choice && *one.standard != '\0') {
                EXPECT_EQ(to_text(convert(one, Value(one.standard))), one.standard);
            }
        }
    }
}

TEST(Reference, HelpNamesEveryParameter) {
    Harness harness;
    for (const Cmdlet& cmdlet : cmdlets()) {
        EXPECT_EQ(harness.run("Get-Help " + cmdlet.name), 0);
        for (const Parameter& one : cmdlet.parameters) {
            EXPECT_NE(harness.out.find(std::string("-") + one.name), std::string::npos);
        }
    }
    EXPECT_EQ(harness.run("Get-CsUser -?"), 0);
    EXPECT_NE(harness.out.find("SYNOPSIS"), std::string::npos);
    EXPECT_EQ(harness.run("Get-Command -Noun CsXmpp*"), 0);
    EXPECT_NE(harness.out.find("Set-CsXmppGatewayConfiguration"), std::string::npos);
    EXPECT_EQ(harness.out.find("Get-CsUser"), std::string::npos);
}

TEST(Reference, ExamplesRunAsTheyArePrinted) {
    Harness harness;
    for (const Cmdlet& cmdlet : cmdlets()) {
        for (const std::string& example : cmdlet.examples) {
            EXPECT_NO_THROW(check(parse_script(example))) << example;
        }
    }
}

}  // namespace
}  // namespace isthmus::cli::cs
