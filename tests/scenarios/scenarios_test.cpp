// Every tests/scenarios/*.scn is one test of that name.
#include "subscriptions/sip_watches_xmpp_rows.h"
#include "subscriptions/xmpp_watches_sip_answers.h"
#include "subscriptions/xmpp_watches_sip_asking.h"
#include "subscriptions/xmpp_watches_sip_links.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

#include "scenarios/machine_watch.h"
#include "scenarios/play.h"

namespace isthmus::test {

namespace {

const std::filesystem::path kFolder = std::string(ISTHMUS_SOURCE_DIR) + "/tests/scenarios";

std::vector<std::string> scripts() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".scn") {
            names.push_back(entry.path().stem());
        }
    }
    std::ranges::sort(names);
    return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

std::string script(const std::string& name) {
    std::ifstream file(kFolder / (name + ".scn"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST_P(Scenario, Plays) {
    Play play;
    try {
        play.run(script(GetParam()));
    } catch (const ScriptFailure& failure) {
        FAIL() << GetParam() << ".scn: " << failure.what();
    }
}

INSTANTIATE_TEST_SUITE_P(Files,
                         Scenario,
                         testing::ValuesIn(scripts()),
                         [](const testing::TestParamInfo<std::string>& script) {
                             std::string name = script.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

/// What never comes to the machines, because the flow knows before: the dialog is over, or its
/// retry is; a dialog without a NOTIFY is not refreshed; the contact is there, the presence is
/// nobody's; a pair of nobody is not kept.
const std::set<std::string_view> kNeverCome{"NotifyOfADialogThatEnded",
                                            "PM135FinalNotifyAfterUnsubscribe",
                                            "NotifyWithoutASubscription",
                                            "LateRefusal",
                                            "LateSilence",
                                            "RetryDueTooLate",
                                            "Refresh481OfTheNewDialog",
                                            "GoneBeforeANotify",
                                            "GoneBeforeANotifyWhileGranting",
                                            "ContactThereAlready",
                                            "PresenceFromSomeoneNotSubscribedTo",
                                            "WithdrawnFromNobody"};

/// All of `table` that no scenario plays, one a line.
template <class Row, class Tell>
std::string not_played(std::initializer_list<const std::vector<Row>*> table, const Tell& tell) {
    std::string missing;
    for (const auto* rows : table) {
        for (const Row& row : *rows) {
            if (!played_rows().contains(tell(row)) && !kNeverCome.contains(row.name)) {
                missing += fmt::format("{}: {}\n", row.name, tell(row));
            }
        }
    }
    return missing;
}

TEST(Scenarios, PlayEveryRowOfTheMachines) {
    for (const std::string& name : scripts()) {
        try {
            Play().run(script(name));
        } catch (const ScriptFailure&) {
            continue;  // its own test tells
        }
    }
    namespace she = subscriptions::test;
    namespace he = subscriptions::sip_rows;
    EXPECT_EQ(
        not_played({&she::kAsking, &she::kLeaving, &she::kLinks, &she::kNotifies, &she::kResponses},
                   [](const she::Row& row) {
                       she::Machine machine;
                       for (const she::Happening& one : row.past) {
                           machine.on(one.event, one.details);
                       }
                       return row_text(machine, row.event.event, row.event.details);
                   }),
        "");
    EXPECT_EQ(not_played({&he::kSip, &he::kXmpp, &he::kLinks},
                         [](const he::Row& row) {
                             he::Machine machine;
                             for (const he::Event event : row.past) {
                                 machine.on(event);
                             }
                             return row_text(machine, row.event, row.facts);
                         }),
              "");
}

TEST(ScenarioLanguage, ARunnerThatCannotFailIsNoRunner) {
    for (const char* wrong : {"proxy receives\n    SIP/2.0 200 OK\n",
                              "fabrikam receives\n    <message/>\n",
                              "frobnicate\n",
                              "proxy sends\n    OPTIONS sip:192.0.2.1 SIP/2.0\n"
                              "    Via: SIP/2.0/TCP p;branch=z9hG4bK1\n    Max-Forwards: 70\n"
                              "    From: <sip:p@contoso.example>;tag=1\n    To: <sip:192.0.2.1>\n"
                              "    Call-ID: 1\n    CSeq: 1 OPTIONS\n    Content-Length: 0\n"}) {
        EXPECT_THROW(Play().run(wrong), ScriptFailure) << wrong;
    }
}

}  // namespace
}  // namespace isthmus::test
