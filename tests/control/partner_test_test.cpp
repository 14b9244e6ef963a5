// Ten steps, whatever happens: the gates first, then what the traffic side tells, then what was not
// tried; and never more tests at once than are allowed.
#include "control/partner_test.h"

#include <gmock/gmock.h>

#include <map>

#include "management_world.h"

namespace isthmus::control {
namespace {

using policy::Partner;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PartnerTestsTest : public Management {
  protected:
    PartnerTestsTest() {
        side = {.local_domain = [](const LinkTestOrder& order) -> Result<std::string> {
                    if (!order.local_domain.empty() && order.local_domain != "contoso.example") {
                        return make_error(ErrorKind::NotFound, "IST-POL-006", "not ours", "");
                    }
                    return std::string("contoso.example");
                },
                .start = [this](const LinkTestOrder& order,
                                LinkTestSide::Handlers handlers) -> Result<std::uint64_t> {
                    orders.push_back(order);
                    links[++last] = std::move(handlers);
                    return last;
                },
                .stop = [this](std::uint64_t link) { stopped.push_back(link); },
                .server_name = "gateway.contoso.example"};
        open_everything();
        EXPECT_TRUE(service->create<Partner>(object(R"({"domain":"fabrikam.example"})"), edit));
        tests.emplace(*service, side);
    }

    /// The code of the refusal; "" if it runs.
    std::string start(const char* domain, const char* options = "{}") {
        const auto started =
            tests->start(domain,
                         object(options),
                         {.on_step =
                              [this](const boost::json::object& step) {
                                  told.push_back(std::string(step.at("id").as_string()) + " " +
                                                 std::string(step.at("state").as_string()));
                                  steps.push_back(step);
                              },
                          .on_result = [this](const TestResult& got) { result = got; }});
        number = started ? *started : 0;
        return started ? "" : std::string(started.error().code);
    }

    LinkTestSide side;
    std::optional<PartnerTests> tests;
    std::vector<LinkTestOrder> orders;
    std::map<std::uint64_t, LinkTestSide::Handlers> links;
    std::uint64_t last = 0;
    std::uint64_t number = 0;
    std::vector<std::uint64_t> stopped;
    std::vector<std::string> told;
    std::vector<boost::json::object> steps;
    std::optional<TestResult> result;
};

TEST_F(PartnerTestsTest, WhatFailsLeavesTheRestUntried) {
    ASSERT_EQ(start("fabrikam.example"), "");
    EXPECT_THAT(told, ElementsAre("policy pass"));
    links[1].on_step({.id = "dns", .sentence = "found"});
    links[1].on_step(
        {.id = "tcp", .state = TestState::Fail, .sentence = "no way", .code = "IST-TCP-001"});
    links[1].on_done();
    EXPECT_THAT(told,
                ElementsAre("policy pass",
                            "dns pass",
                            "tcp fail",
                            "stream skipped",
                            "tls skipped",
                            "certificate skipped",
                            "auth skipped",
                            "dialback skipped",
                            "reverse skipped",
                            "ping+im skipped"));
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->is_success());
    EXPECT_EQ(result->failed_step, "tcp");
    EXPECT_EQ(result->code, "IST-TCP-001");
    EXPECT_THAT(result->fix, HasSubstr("firewall"));
    EXPECT_EQ(steps[2].at("number"), 3);
    EXPECT_EQ(tests->running(), 0U);
}

TEST_F(PartnerTestsTest, EachGateIsNamedWithItsFix) {
    ASSERT_EQ(start("stranger.example"), "");
    EXPECT_EQ(told.front(), "policy fail");
    EXPECT_EQ(result->code, "IST-POL-001");
    EXPECT_THAT(result->fix, HasSubstr("isthmus partner create stranger.example"));
    ASSERT_TRUE(service->set<Partner>("fabrikam.example", object(R"({"enabled":false})"), edit));
    ASSERT_EQ(start("fabrikam.example"), "");
    EXPECT_EQ(result->code, "IST-POL-004");
    EXPECT_THAT(orders, IsEmpty()) << "nothing is dialled";
    EXPECT_EQ(told.size(), 20U);
}

TEST_F(PartnerTestsTest, APartnerThatIsNotSavedYet) {
    ASSERT_EQ(start("new.example", R"({"partner":{"tls_negotiation":"Optional"}})"), "");
    EXPECT_EQ(told.front(), "policy warn");
    EXPECT_EQ(orders.front().partner.tls_negotiation, policy::Negotiation::Optional);
    EXPECT_EQ(start("fabrikam.example", R"({"partner":{"proxy_fqdn":"other.example"}})"), "");
    EXPECT_EQ(orders.back().partner.proxy_fqdn, "other.example");
    EXPECT_EQ(orders.back().partner.domain, "fabrikam.example");
    EXPECT_EQ(service->current().partner_of("new.example"), nullptr);
    EXPECT_EQ(service->current().partner_of("fabrikam.example")->proxy_fqdn, "");
    EXPECT_EQ(start("new.example", R"({"partner":{"tls_negotiation":"Never"}})"), "IST-API-001");
    EXPECT_EQ(start("new.example", R"({"partner":{"additional_domains":["fabrikam.example"]}})"),
              "IST-API-003");
}

TEST_F(PartnerTestsTest, BadInputStartsNothing) {
    for (const char* bad : {R"({"revers":true})",
                            R"({"reverse":"yes"})",
                            R"({"partner":[]})",
                            R"({"sender":"alice@contoso.example"})",
                            R"({"sender":"alice","receiver":"romeo@fabrikam.example"})",
                            R"({"receiver":"romeo@other.example"})"}) {
        EXPECT_EQ(start("fabrikam.example", bad), "IST-API-001") << bad;
    }
    EXPECT_EQ(start("b c"), "IST-API-001");
    EXPECT_EQ(start("fabrikam.example", R"({"local_domain":"other.example"})"), "IST-POL-006");
    EXPECT_THAT(told, IsEmpty());
    EXPECT_EQ(tests->running(), 0U);
}

TEST_F(PartnerTestsTest, ASenderWhoMayNot) {
    ASSERT_TRUE(service->set<policy::AccessRule>(
        "global", object(R"({"enable_xmpp_access":false})"), edit));
    ASSERT_EQ(start("fabrikam.example",
                    R"({"sender":"alice@contoso.example","receiver":"romeo@fabrikam.example"})"),
              "");
    EXPECT_EQ(result->code, "IST-POL-002");
    // Without a sender it is worth a warning: nobody can use it.
    ASSERT_EQ(start("fabrikam.example"), "");
    EXPECT_EQ(told.back(), "policy warn");
}

TEST_F(PartnerTestsTest, OnlySoManyAtOnceAndWhoLeavesMakesRoom) {
    for (std::size_t i = 0; i < PartnerTests::kMost; ++i) {
        ASSERT_EQ(start("fabrikam.example"), "");
    }
    const std::uint64_t newest = number;
    EXPECT_EQ(start("fabrikam.example"), "IST-API-011");
    tests->stop(newest);
    EXPECT_THAT(stopped, ElementsAre(last));
    EXPECT_EQ(start("fabrikam.example"), "");
    tests->stop(99);
    // What the other side still says is heard by nobody.
    told.clear();
    links[4].on_step({.id = "dns", .sentence = "found"});
    links[4].on_done();
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(PartnerTestsTest, TheRecordThatIsMissingIsWrittenOut) {
    ASSERT_EQ(start("fabrikam.example", R"({"reverse":true})"), "");
    EXPECT_TRUE(orders.front().reverse);
    links[1].on_step(
        {.id = "dns", .state = TestState::Fail, .sentence = "", .code = "IST-TCP-010"});
    links[1].on_done();
    EXPECT_THAT(result->fix,
                HasSubstr("_xmpp-server._tcp.contoso.example. 3600 IN SRV 0 0 5269 "
                          "gateway.contoso.example."));
}

}  // namespace
}  // namespace isthmus::control
