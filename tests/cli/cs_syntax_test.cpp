// The language: what is read, and what is refused with what words.
#include "cli/cs_harness.h"

#include <gtest/gtest.h>

namespace isthmus::cli::cs {
namespace {

/// The value of the first argument of the first command.
Value first_value(std::string_view script) {
    Harness harness;
    Session session(harness.host());
    const Script read = parse_script(script);
    const auto& command = std::get<Command>(read.at(0).pipeline.stages.at(0));
    for (const Argument& one : command.arguments) {
        if (one.value) {
            return session.evaluate(*one.value);
        }
    }
    return {};
}

std::string fault_of(std::string_view script) {
    try {
        (void)parse_script(script);
    } catch (const Fault& fault) {
        EXPECT_FALSE(fault.why().empty());
        EXPECT_FALSE(fault.fix().empty());
        EXPECT_EQ(fault.exit_code(), 2);
        return fault.what();
    }
    return {};
}

TEST(Syntax, QuotesAndEscapes) {
    const std::pair<const char*, const char*> rows[] = {
        {"X a.example", "a.example"},
        {"X 'it''s $here `n'", "it's $here `n"},
        {R"(X "say ""hi"" `"there`" `$x")", R"(say "hi" "there" $x)"},
        {"X \"a`nb`tc\"", "a\nb\tc"},
        {"X a\" b \"c", "a b c"},
        {"X a` b", "a b"},
        {"X C:\\Certificates\\x.cer", "C:\\Certificates\\x.cer"},
        {"X *fabrikam*", "*fabrikam*"},
        {"X tag:*", "tag:*"},
        {"X \u201Cprinted\u201D", "printed"},
        {"X \u2018printed\u2019", "printed"},
        {"X $", "$"},
        {"X # no\n", ""},
        {"X <# no #> y", "y"},
        {"X a#b", "a#b"},
        {"X `\n y", "y"},
    };
    for (const auto& [script, text] : rows) {
        EXPECT_EQ(to_text(first_value(script)), text) << script;
    }
}

TEST(Syntax, ValuesOfEveryKind) {
    EXPECT_EQ(*first_value("X $TRUE").as<bool>(), true);
    EXPECT_EQ(*first_value("X $False").as<bool>(), false);
    EXPECT_TRUE(first_value("X $null").is_null());
    EXPECT_EQ(display(first_value("X a, 'b c',$true")), "{a, b c, True}");
    EXPECT_EQ(display(first_value("X @('a', \"b\")")), "{a, b}");
    EXPECT_EQ(display(first_value("X @()")), "{}");
    EXPECT_EQ(display(first_value("X @{Add='a','b';\n Remove=\"c\"}")), "{Add={a, b}; Remove=c}");
    EXPECT_EQ(to_text(first_value("X {$_.A -eq '}'}")), "$_.A -eq '}'");
}

TEST(Syntax, ParametersAndDashes) {
    const Script read = parse_script("New\u2013CsUser -P V \u2014Q:W - Filter x -R: Y -S\n");
    const auto& command = std::get<Command>(read.at(0).pipeline.stages.at(0));
    EXPECT_EQ(command.name, "New-CsUser");
    std::string seen;
    for (const Argument& one : command.arguments) {
        seen += one.parameter + (one.value ? "=" + to_text(one.value->constant) : "") + " ";
    }
    EXPECT_EQ(seen, "P =V Q=W Filter =x R=Y S ");
}

TEST(Syntax, StatementsAndPipelines) {
    const Script read = parse_script("$x = A | B; $x.C = 5\nD |\n E # end\n\n(F).G.H\n");
    ASSERT_EQ(read.size(), 4U);
    EXPECT_EQ(read[0].variable, "x");
    EXPECT_EQ(read[0].pipeline.stages.size(), 2U);
    EXPECT_EQ(read[1].members, std::vector<std::string>{"C"});
    EXPECT_EQ(read[2].pipeline.stages.size(), 2U);
    EXPECT_EQ(std::get<Expression>(read[3].pipeline.stages[0]).members,
              (std::vector<std::string>{"G", "H"}));
}

TEST(Syntax, RefusesWhatItDoesNotKnow) {
    const std::pair<const char*, const char*> rows[] = {
        {"X 'open", "missing the terminator"},
        {"X \"open", "missing the terminator"},
        {"X {open", "Missing closing '}'"},
        {"X (Y", "Missing closing ')'"},
        {"X @(a", "@( is not closed"},
        {"X @{a}", "That is no @{ }"},
        {"X @{a=", "A value is missing"},
        {"X |", "An empty pipe element"},
        {"| X", "An empty pipe element"},
        {"X a,", "A value is missing"},
        {"X <# open", "A comment is not closed"},
        {"if (1) {}", "'if' is not understood"},
        {"foreach ($a in $b) {}", "'foreach' is not understood"},
        {"X $(Y)", "$( ) is not understood"},
        {"X $env:PATH", "no variable of this script"},
        {"X <name of the policy>", "'<' is not understood"},
        {"X > file", "'>' is not understood"},
        {"$true = 1", "cannot be assigned"},
        {"$x += 1", "+= is not understood"},
        {"$x.ToHTML()", "ToHTML() is not understood"},
        {"X 'a' 'b' }", "Unexpected token '}'"},
        {"X \"a`0b\"", "cannot hold NUL"},
    };
    for (const auto& [script, text] : rows) {
        EXPECT_NE(fault_of(script).find(text), std::string::npos)
            << script << ": " << fault_of(script);
    }
    EXPECT_NE(fault_of("X\n  'open").find("At line:2 char:3"), std::string::npos);
}

TEST(Syntax, EverythingIsBounded) {
    EXPECT_NE(fault_of(std::string(kMaxScript + 1, ' ')).find("too long"), std::string::npos);
    EXPECT_NE(fault_of("X \xff").find("no text"), std::string::npos);
    EXPECT_NE(fault_of(std::string("X \0", 3)).find("no text"), std::string::npos);
    std::string many;
    for (std::size_t i = 0; i <= kMaxStatements; ++i) {
        many += "X\n";
    }
    EXPECT_NE(fault_of(many).find("too many statements"), std::string::npos);
    EXPECT_NE(fault_of("X " + std::string(100'000, '(')).find("too deep"), std::string::npos);
    std::string deep = "X ";
    for (int i = 0; i < 100; ++i) {
        deep += "@{a=";
    }
    EXPECT_NE(fault_of(deep).find("too deep"), std::string::npos);
    std::string stages = "X";
    std::string arguments = "X";
    std::string items = "X a";
    for (std::size_t i = 0; i <= kMaxItems; ++i) {
        stages += i <= kMaxStages ? " | X" : "";
        arguments += i <= kMaxArguments ? " a" : "";
        items += ",a";
    }
    EXPECT_NE(fault_of(stages).find("pipeline is too long"), std::string::npos);
    EXPECT_NE(fault_of(arguments).find("too many arguments"), std::string::npos);
    EXPECT_NE(fault_of(items).find("list is too long"), std::string::npos);
}

TEST(Syntax, WordsOfAShell) {
    const Script read = parse_words({"New-CsXmppAllowedPartner",
                                     "gmail.com",
                                     "-Description",
                                     "a, $b 'c' | d",
                                     "-EnableKeepAlive:$false",
                                     "-AdditionalDomains",
                                     "x.example,",
                                     "y.example",
                                     "|",
                                     "Format-List",
                                     ";",
                                     "Get-CsUser"});
    ASSERT_EQ(read.size(), 2U);
    ASSERT_EQ(read[0].pipeline.stages.size(), 2U);
    const auto& command = std::get<Command>(read[0].pipeline.stages[0]);
    EXPECT_EQ(to_text(command.arguments.at(2).value->constant), "a, $b 'c' | d");
    EXPECT_EQ(*command.arguments.at(3).value->constant.as<bool>(), false);
    EXPECT_EQ(to_text(command.arguments.at(5).value->constant), "x.example,y.example");
    EXPECT_THROW((void)parse_words({"Get-CsUser | Grant-CsExternalAccessPolicy", "-PolicyName"}),
                 Fault);
    EXPECT_THROW((void)parse_words({"|", "Get-CsUser"}), Fault);
    EXPECT_THROW((void)parse_words(std::vector<std::string>(kMaxArguments + 1, "x")), Fault);
}

TEST(Syntax, Conditions) {
    const std::pair<const char*, bool> rows[] = {
        {"1 -eq 1", true},
        {"'a' -ceq 'A'", false},
        {"'a' -ieq 'A'", true},
        {"'abc' -like 'A*'", true},
        {"'abc' -notlike 'A*'", false},
        {"'abc' -match 'B'", true},
        {"'abc' -cmatch 'B'", false},
        {"'a','b' -contains 'B'", true},
        {"'b' -in 'a','b'", true},
        {"-not (1 -eq 2)", true},
        {"!(1 -eq 1)", false},
        {"1 -eq 2 -or 1 -eq 1 -and 1 -eq 2", false},  // from left to right
        {"1 -eq 1 -xor 1 -eq 1", false},
        {"$true", true},
        {"$null -eq ''", true},
        {"$true -eq 'x'", true},
        {"'7/31/2013' -lt '9/1/2018'", true},
        {"'2019-01-01T00:00:00Z' -lt '9/1/2018'", false},
        {"10 -gt 9", true},
    };
    Harness harness;
    Session session(harness.host());
    for (const auto& [text, expected] : rows) {
        EXPECT_EQ(holds(parse_condition(text),
                        [&](const Expression& one) { return session.evaluate(one); }),
                  expected)
            << text;
    }
    for (const char* text : {"", "1 -eqq 1", "(1 -eq 1", "1 -eq", "1 2", "-and 1"}) {
        EXPECT_THROW((void)parse_condition(text), Fault) << text;
    }
    EXPECT_THROW((void)compare("match", false, "a", "("), Fault);
    EXPECT_THROW((void)compare("match", false, "a", std::string(1000, 'a')), Fault);
    // Exponential for an engine that tries every way.
    EXPECT_FALSE(compare("match", false, std::string(1000, 'a'), "(a*)*b"));
}

TEST(Syntax, Wildcards) {
    const std::tuple<const char*, const char*, bool> rows[] = {
        {"Ken Myer", "ken*", true},
        {"Ken Myer", "*MYER", true},
        {"Ken Myer", "K?n*", true},
        {"Ken Myer", "[a-k]en*", true},
        {"Ken Myer", "[l-z]en*", false},
        {"a*b", "a`*b", true},
        {"axb", "a`*b", false},
        {"", "*", true},
        {"", "", true},
        {"a", "", false},
        {"a", "[a", false},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*a*a*a*a*a*a*b", false},
    };
    for (const auto& [text, pattern, expected] : rows) {
        EXPECT_EQ(is_like(text, pattern), expected) << text << " -like " << pattern;
    }
}

TEST(Syntax, DirectoryFilters) {
    const auto attribute = [](const std::string& name) -> std::string {
        return name == "cn" ? "Ken (Sales)" : name == "l" ? "Redmond" : "";
    };
    const std::pair<const char*, bool> rows[] = {
        {"cn=Ken*", true},
        {"(cn=ken*)", true},
        {"&(cn=Ken*)(l=Redmond)", true},
        {"(&(cn=Ken*)(l=Dublin))", false},
        {"|(l=Dublin)(l=Redmond)", true},
        {"(!(l=Dublin))", true},
        {"title=*", false},
        {R"(cn=Ken \28Sales\29)", true},
        {R"(cn=\2a)", false},
    };
    for (const auto& [filter, expected] : rows) {
        EXPECT_EQ(matches_ldap(filter, attribute), expected) << filter;
    }
    for (const char* filter : {"", "cn", "(cn=a", "&cn=a", "(!(a=b)(c=d))", "cn=a)", "&()"}) {
        EXPECT_THROW((void)matches_ldap(filter, attribute), Fault) << filter;
    }
    EXPECT_THROW((void)matches_ldap(std::string(1000, '('), attribute), Fault);
    std::string deep = "(l=x)";
    for (int i = 0; i < 40; ++i) {
        deep = "(!" + deep + ")";
    }
    EXPECT_THROW((void)matches_ldap(deep, attribute), Fault);
}

}  // namespace
}  // namespace isthmus::cli::cs
