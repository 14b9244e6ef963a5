// What is said of a gate: the clauses that follow a colon and stand as sentences, and commands that
// a shell takes as they are.
#include "policy/explanation.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::policy {
namespace {

constexpr Query kQuery{
    .user = "alice", .user_domain = "contoso.example", .remote_domain = "chat.fabrikam.example"};

TEST(GateNote, EveryGateOpenOrClosed) {
    const Partner partner{.domain = "fabrikam.example"};
    const AccessRule rule{.identity = "Global", .description = {}};
    const BlockedDomain block{.domain = "*.fabrikam.example"};
    const Decision decision{.partner = &partner, .block = &block, .rule = &rule};
    for (std::size_t i = 0; i < kGates; ++i) {
        for (const bool is_open : {true, false}) {
            const auto gate = static_cast<Gate>(i);
            const GateNote note = describe(gate, is_open, kQuery, decision);
            EXPECT_TRUE(note.why.front() >= 'a' && note.why.front() <= 'z') << note.why;
            EXPECT_FALSE(note.why.ends_with('.')) << note.why;
            EXPECT_EQ(note.fix.empty(), is_open || gate == Gate::Open) << gate_name(gate);
            if (!note.fix.empty()) {
                EXPECT_TRUE(note.fix.starts_with("isthmus ")) << note.fix;
            }
        }
    }
}

TEST(GateNote, WithoutPartner) {
    for (const Gate gate : {Gate::PartnerState, Gate::PartnerType}) {
        EXPECT_FALSE(describe(gate, true, kQuery, {}).why.empty());
    }
}

TEST(GateNote, NamesAreOneWordForAShell) {
    const auto fix = [](std::string identity) {
        const AccessRule rule{.identity = std::move(identity), .description = {}};
        return describe(Gate::User, false, kQuery, {.rule = &rule}).fix;
    };
    EXPECT_TRUE(fix("Tag:Sales").starts_with("isthmus policy set Sales --"));
    EXPECT_TRUE(fix("Site:New York").starts_with("isthmus policy set 'site:New York' --"));
    EXPECT_TRUE(fix("Tag:a'; rm").starts_with("isthmus policy set 'a'\\''; rm' --"));
    const BlockedDomain block{.domain = "*.fabrikam.example"};
    EXPECT_EQ(describe(Gate::Block, false, kQuery, {.block = &block}).fix,
              "isthmus partner unblock '*.fabrikam.example'");
}

TEST(GateNote, AsSentence) {
    EXPECT_EQ(as_sentence("the XMPP gateway is switched on"), "The XMPP gateway is switched on.");
    EXPECT_EQ(as_sentence(""), ".");
}

}  // namespace
}  // namespace isthmus::policy
