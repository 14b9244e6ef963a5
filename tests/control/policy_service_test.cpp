// Validate, store, publish: in that order, all or nothing.
#include "control/policy_service.h"

#include "base/text.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace isthmus::control {
namespace {

class PolicyServiceTest : public testing::Test {
  protected:
    PolicyServiceTest() : database(folder() + "/t.db"), store(database) {}

    ~PolicyServiceTest() override { std::filesystem::remove_all(path); }

    const std::string& folder() {
        path = std::filesystem::temp_directory_path() / "isthmus-control-XXXXXX";
        mkdtemp(path.data());
        return path;
    }

    static boost::json::object object(const char* text) {
        return boost::json::parse(text).as_object();
    }

    static Result<std::string> canonical(std::string_view domain) {
        if (domain.empty() || domain.find(' ') != std::string_view::npos) {
            return make_error(ErrorKind::Syntax, "bad");
        }
        return text::to_lower(domain);
    }

    std::string path;
    store::Database database;
    store::PolicyStore store;
    std::shared_ptr<const policy::Policy> in_force;
    PolicyService service{store, canonical, [this](auto policy) {
                              in_force = std::move(policy);
                              return true;
                          }};
    store::Author author{"root", "unix"};
};

TEST_F(PolicyServiceTest, ACommittedPartnerIsInForceAndStored) {
    const auto made = service.create_partner(object(R"({"domain":"Fabrikam.example"})"), author);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->revision, 1U);
    EXPECT_TRUE(made->is_in_force);
    EXPECT_NE(in_force->partner_of("fabrikam.example"), nullptr);
    EXPECT_EQ(in_force->revision(), 1U);
    EXPECT_EQ(store.load().partners.size(), 1U);
    EXPECT_EQ(made->object.at("partner_type"), "PublicUnverified");
    EXPECT_EQ(made->object.at("tls_negotiation"), "Required");
}

TEST_F(PolicyServiceTest, RefusalsChangeNothing) {
    ASSERT_TRUE(service.create_partner(object(R"({"domain":"a.example"})"), author));
    const auto before = in_force;
    for (const char* bad : {R"({})",
                            R"({"domain":"a.example"})",
                            R"({"domain":"b c"})",
                            R"({"domain":"b.example","additional_domains":["a.example"]})",
                            R"({"domain":"b.example","partner_typ":"Federated"})",
                            R"({"domain":"b.example","partner_type":"Friend"})",
                            R"({"domain":"b.example","connection_limit":0})",
                            R"({"domain":"b.example","enabled":"true"})",
                            R"({"domain":"b.example","sasl_negotiation":"NotSupported",
                                "support_dialback_negotiation":false})"}) {
        EXPECT_FALSE(service.create_partner(object(bad), author)) << bad;
    }
    EXPECT_EQ(in_force, before);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(PolicyServiceTest, SetKeepsWhatIsNotNamed) {
    ASSERT_TRUE(service.create_partner(
        object(R"({"domain":"a.example","description":"d","connection_limit":5})"), author));
    ASSERT_TRUE(service.set_partner("A.EXAMPLE", object(R"({"enabled":false})"), author));
    const auto partner = service.partner("a.example");
    EXPECT_FALSE(partner->enabled);
    EXPECT_EQ(partner->description, "d");
    EXPECT_EQ(partner->connection_limit, 5U);
    ASSERT_TRUE(service.set_partner("a.example", object(R"({"connection_limit":null})"), author));
    EXPECT_FALSE(service.partner("a.example")->connection_limit.has_value());
    EXPECT_EQ(service.history(1).at(0).change.object, "partner/a.example");
}

TEST_F(PolicyServiceTest, TheRestoreRateReachesTheSnapshotWithinItsRange) {
    EXPECT_EQ(service.current().gateway().presence_restore_rate, 500U);
    ASSERT_TRUE(service.set_gateway(object(R"({"presence_restore_rate":2000})"), author));
    EXPECT_EQ(in_force->gateway().presence_restore_rate, 2000U);
    EXPECT_FALSE(service.set_gateway(object(R"({"presence_restore_rate":9})"), author));
    EXPECT_FALSE(service.set_gateway(object(R"({"presence_restore_rate":10001})"), author));
    EXPECT_EQ(in_force->gateway().presence_restore_rate, 2000U);
}

TEST_F(PolicyServiceTest, SwitchesAndGlobalPolicy) {
    ASSERT_TRUE(service.set_access_edge(object(R"({"allow_federated_users":true})"), author));
    ASSERT_TRUE(
        service.set_rule("global",
                         object(R"({"enable_federation_access":true,"enable_xmpp_access":true})"),
                         author));
    ASSERT_TRUE(service.set_gateway(object(R"({"dialback_passphrase":"secret"})"), author));
    ASSERT_TRUE(service.create_partner(object(R"({"domain":"a.example"})"), author));
    EXPECT_TRUE(in_force->decide({"alice", "contoso.example", "a.example"}).is_allowed());
    EXPECT_EQ(service.set_rule("tag:none", {}, author).error().kind, ErrorKind::NotFound);
    for (const auto& revision : service.history(10)) {
        EXPECT_EQ(revision.change.after.find("secret"), std::string::npos);
    }
    ASSERT_TRUE(service.delete_partner("a.example", author));
    EXPECT_FALSE(in_force->decide({"alice", "contoso.example", "a.example"}).is_allowed());
}

}  // namespace
}  // namespace isthmus::control
