// What was committed is there after reopening; what was not, is not; one revision a change.
#include "store/policy_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace isthmus::store {
namespace {

class PolicyStoreTest : public testing::Test {
  protected:
    PolicyStoreTest() {
        std::string name = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
        folder = mkdtemp(name.data());
        path = folder + "/test.db";
    }

    ~PolicyStoreTest() override { std::filesystem::remove_all(folder); }

    std::string folder;
    std::string path;
    Author author{"root", "unix"};
};

TEST_F(PolicyStoreTest, EverythingComesBack) {
    policy::Partner partner{.domain = "fabrikam.example",
                            .additional_domains = {"b.example", "a.example"},
                            .description = "O'Brien; DROP TABLE partners",
                            .partner_type = policy::PartnerType::Federated,
                            .sasl_negotiation = policy::Negotiation::Optional,
                            .connection_limit = 7,
                            .enabled = false};
    policy::AccessRule rule{.identity = "Global", .enable_xmpp_access = true};
    policy::GatewaySettings settings{
        .connection_limit = 1200, .dialback_passphrase = "p", .presence_restore_rate = 250};
    {
        Database database(path);
        PolicyStore store(database);
        EXPECT_EQ(store.save(partner, author, {"create", "partner/fabrikam.example"}), 1U);
        EXPECT_EQ(store.save(rule, author, {"set", "policy/global"}), 2U);
        store.save(
            policy::AccessEdge{.allow_federated_users = true}, author, {"set", "access-edge"});
        store.save(settings, author, {"set", "gateway"});
    }
    Database database(path);
    const policy::Objects objects = PolicyStore(database).load();
    EXPECT_EQ(objects.revision, 4U);
    ASSERT_EQ(objects.partners.size(), 1U);
    EXPECT_EQ(objects.partners[0], partner);
    EXPECT_EQ(objects.rules.at(0), rule);
    EXPECT_TRUE(objects.access_edge.allow_federated_users);
    EXPECT_EQ(objects.gateway, settings);
}

TEST_F(PolicyStoreTest, OneDomainOnePartnerAndNothingHalf) {
    Database database(path);
    PolicyStore store(database);
    store.save({.domain = "a.example", .additional_domains = {"shared.example"}}, author, {});
    EXPECT_THROW(
        store.save({.domain = "b.example", .additional_domains = {"shared.example"}}, author, {}),
        StoreError);
    EXPECT_EQ(store.load().partners.size(), 1U);
    EXPECT_EQ(store.revision(), 1U);
}

TEST_F(PolicyStoreTest, DeletingTakesTheAdditionalDomains) {
    Database database(path);
    PolicyStore store(database);
    store.save({.domain = "a.example", .additional_domains = {"b.example"}}, author, {});
    store.delete_partner("a.example", author, {"delete", "partner/a.example"});
    EXPECT_TRUE(store.load().partners.empty());
    store.save({.domain = "c.example", .additional_domains = {"b.example"}}, author, {});
    EXPECT_EQ(store.history(10).size(), 3U);
    EXPECT_EQ(store.history(10).at(1).change.action, "delete");
}

TEST_F(PolicyStoreTest, RefusesANewerSchema) {
    {
        Database(path).execute("PRAGMA user_version=99");
    }
    EXPECT_THROW(Database{path}, StoreError);
}

TEST_F(PolicyStoreTest, RefusesADamagedFile) {
    {
        Database database(path);
        PolicyStore(database).save(policy::AccessEdge{}, author, {});
    }
    std::FILE* file = std::fopen(path.c_str(), "r+b");
    std::fseek(file, 100, SEEK_SET);
    const std::string junk(8000, 'x');
    std::fwrite(junk.data(), 1, junk.size(), file);
    std::fclose(file);
    EXPECT_THROW(Database{path}, StoreError);
}

}  // namespace
}  // namespace isthmus::store
