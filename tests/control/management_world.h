// The services over a database in a directory of its own, with what a test needs to look at.
#pragma once

#include "base/text.h"
#include "control/policy_service.h"
#include "control/user_service.h"
#include "store/config_store.h"
#include "store/database.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::control {

class Management : public testing::Test {
  protected:
    Management() : database(folder() + "/t.db"), store(database) { open(); }

    ~Management() override { std::filesystem::remove_all(path); }

    const std::string& folder() {
        path = std::filesystem::temp_directory_path() / "isthmus-control-XXXXXX";
        mkdtemp(path.data());
        return path;
    }

    /// The services anew, as after a restart.
    void open() {
        users.reset();
        service = std::make_unique<PolicyService>(
            store,
            CanonicalNames{.domain = canonical, .user = canonical_user, .contact = canonical_user},
            OwnDomains{.xmpp = {"contoso.example"}, .sip = {"contoso.example"}},
            [this](auto policy) {
                in_force = std::move(policy);
                return true;
            });
        users = std::make_unique<UserService>(*service);
    }

    static boost::json::object object(std::string_view text) {
        return boost::json::parse(text).as_object();
    }

    static Result<std::string> canonical(std::string_view domain) {
        if (domain.empty() || domain.find_first_of(" *@/") != std::string_view::npos) {
            return make_error(ErrorKind::Syntax, "bad");
        }
        return text::to_lower(domain);
    }

    static Result<std::string> canonical_user(std::string_view user) {
        if (text::istarts_with(user, "sip:")) {
            user.remove_prefix(4);
        }
        if (user.find('@') == std::string_view::npos ||
            user.find_first_of(" *\\=") != std::string_view::npos) {
            return make_error(ErrorKind::Syntax, "bad");
        }
        return text::to_lower(user);
    }

    policy::Decision decide(std::string_view who, std::string_view domain) const {
        return in_force->decide(
            {.user = who, .user_domain = "contoso.example", .remote_domain = domain});
    }

    /// Everything open: federation, one partner, Global with both flags.
    void open_everything() {
        ASSERT_TRUE(service->set_single<policy::AccessEdge>(
            object(R"({"allow_federated_users":true})"), edit));
        ASSERT_TRUE(service->set<policy::AccessRule>(
            "global",
            object(R"({"enable_federation_access":true,"enable_xmpp_access":true})"),
            edit));
        ASSERT_TRUE(service->create<policy::Partner>(object(R"({"domain":"a.example"})"), edit));
    }

    std::string path;
    store::Database database;
    store::ConfigStore store;
    std::shared_ptr<const policy::Policy> in_force;
    std::unique_ptr<PolicyService> service;
    std::unique_ptr<UserService> users;
    Edit edit{.author = {{"root", "unix"}, Role::Admin}, .reason = {}, .if_match = {}};
};

}  // namespace isthmus::control
