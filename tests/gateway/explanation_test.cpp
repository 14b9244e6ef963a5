// What an administrator reads about a refusal: every gate names the user, the domain, itself and
// the command that opens it.
#include "gateway/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::gateway {
namespace {

using policy::Gate;
using testing::HasSubstr;
using testing::Not;

const policy::Query kQuery{
    .user = "alice", .user_domain = "contoso.example", .remote_domain = "chat.fabrikam.example"};

Explanation of(Gate gate) {
    static const policy::Partner partner{.domain = "fabrikam.example"};
    static const policy::AccessRule rule{.identity = "Global", .enable_federation_access = true};
    return explain({{.gate = gate, .partner = &partner, .rule = &rule}, kQuery});
}

TEST(Explanation, EachGateNamesWhoAndWhomAndItsCommand) {
    struct Case {
        Gate gate;
        const char* why;
        const char* fix;
    };

    const Case cases[] = {
        {Gate::AccessEdge,
         "switched off for the whole organisation",
         "isthmus access-edge set --allow-federated-users true"},
        {Gate::Gateway, "the XMPP gateway is switched off", "isthmus gateway set --enabled true"},
        {Gate::Partner,
         "no partner holds the domain chat.fabrikam.example",
         "isthmus partner create chat.fabrikam.example --partner-type Federated "
         "--sasl-negotiation Optional"},
        {Gate::PartnerState,
         "the partner fabrikam.example is disabled",
         "isthmus partner enable fabrikam.example"},
        {Gate::User,
         "the policy global has EnableXmppAccess off",
         "isthmus policy set global --enable-federation-access true --enable-xmpp-access true"},
        {Gate::PartnerType,
         "the partner fabrikam.example is PublicUnverified",
         "isthmus partner set fabrikam.example --partner-type PublicVerified"},
    };
    for (const Case& each : cases) {
        const Explanation about = of(each.gate);
        EXPECT_THAT(about.sentence,
                    HasSubstr("alice@contoso.example may not talk to chat.fabrikam.example: "));
        EXPECT_THAT(about.sentence, HasSubstr(each.why));
        EXPECT_THAT(about.fix, HasSubstr(each.fix));
        EXPECT_THAT(about.fix, Not(HasSubstr("DOMAIN")));
    }
}

TEST(Explanation, APolicyNamesTheFlagThatIsOff) {
    const policy::AccessRule rule{.identity = "Tag:Sales", .enable_xmpp_access = true};
    const PolicyRefusal refusal{{.gate = Gate::User, .rule = &rule}, kQuery};
    EXPECT_THAT(explain(refusal).sentence,
                HasSubstr("the policy Sales has EnableFederationAccess off"));
    EXPECT_THAT(explain(refusal).fix, HasSubstr("isthmus policy set Sales "));
    EXPECT_EQ(scope_of(rule), "tag");
    EXPECT_EQ(scope_of({.identity = "Site:Redmond", .description = {}}), "site");
    EXPECT_EQ(scope_of({.identity = "Global", .description = {}}), "global");
}

TEST(Explanation, AWholeDomainHasNoUser) {
    policy::Objects objects;
    objects.partners = {{.domain = "fabrikam.example"},
                        {.domain = "off.example", .enabled = false}};
    const auto gate_for = [&](std::string_view domain) {
        return (*policy::Policy::build(objects))->decide_link(domain).gate;
    };
    EXPECT_EQ(gate_for("fabrikam.example"), Gate::AccessEdge);
    objects.access_edge.allow_federated_users = true;
    EXPECT_EQ(gate_for("fabrikam.example"), Gate::Open);
    EXPECT_EQ(gate_for("off.example"), Gate::PartnerState);
    EXPECT_EQ(gate_for("stranger.example"), Gate::Partner);
    objects.gateway.enabled = false;
    EXPECT_EQ(gate_for("stranger.example"), Gate::Gateway);
    EXPECT_THAT(explain_in_full({{.gate = Gate::Partner}, {{}, {}, "stranger.example"}}),
                HasSubstr("No federation with stranger.example: no partner holds the domain "
                          "stranger.example. To change that: isthmus partner create "
                          "stranger.example --partner-type Federated --sasl-negotiation Optional"));
}

}  // namespace
}  // namespace isthmus::gateway
