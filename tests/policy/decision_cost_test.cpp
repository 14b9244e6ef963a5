// A decision allocates nothing, whatever decides it. Replaces the allocation functions of the whole
// test program.
#include "policy/policy.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace isthmus::policy {
namespace {

thread_local std::size_t allocations = 0;

}  // namespace
}  // namespace isthmus::policy

void* operator new(std::size_t size) {
    ++isthmus::policy::allocations;
    void* memory = std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace isthmus::policy {
namespace {

TEST(Policy, ADecisionAllocatesNothing) {
    Objects objects;
    objects.access_edge.allow_federated_users = true;
    objects.rules = {
        {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true},
        {.identity = "Tag:None"}};
    objects.blocked_domains = {{.domain = "*.evil-and-with-a-long-name.example"}};
    for (int i = 0; i < 1000; ++i) {
        objects.partners.push_back(
            {.domain = "partner-with-a-long-name-" + std::to_string(i) + ".example"});
    }
    objects.partners.push_back({.domain = "disabled.example", .enabled = false});
    UserTable::Builder users;
    for (int i = 0; i < 1000; ++i) {
        users.add({.uri = "user-with-a-long-name-" + std::to_string(i) + "@contoso.example",
                   .policy = i % 2 == 0 ? "Tag:None" : ""});
    }
    objects.users = users.take();
    const auto policy = Policy::build(std::move(objects)).value();
    const std::size_t before = allocations;
    std::size_t open = 0;
    for (const std::string_view user :
         {"user-with-a-long-name-998", "user-with-a-long-name-999", "nobody-whom-anybody-knows"}) {
        for (const std::string_view domain : {"partner-with-a-long-name-999.example",
                                              "disabled.example",
                                              "a.b.evil-and-with-a-long-name.example",
                                              "stranger-whom-nobody-has-listed.example"}) {
            const Decision decision = policy->decide(
                {.user = user, .user_domain = "contoso.example", .remote_domain = domain});
            open += decision.is_allowed() ? 1 : 0;
        }
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(open, 2U);
    EXPECT_GT(allocations, 0U) << "else nothing was counted";
}

}  // namespace
}  // namespace isthmus::policy
