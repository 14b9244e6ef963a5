// The table of partners: copies do not feel each other's changes, domains have one holder, and many
// changes leave nothing behind.
#include "policy/partner_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace isthmus::policy {
namespace {

std::string name(int number) {
    return "p" + std::to_string(number) + ".example";
}

PartnerTable many(int count) {
    PartnerTable made;
    for (int i = 0; i < count; ++i) {
        made.push_back({.domain = name(i), .additional_domains = {"also." + name(i)}});
    }
    made.settle();
    return made;
}

std::vector<std::string> domains(const PartnerTable& table) {
    std::vector<std::string> made;
    for (const Partner& partner : table) {
        made.push_back(partner.domain);
    }
    return made;
}

const Partner* find(const PartnerTable& table, std::string_view domain) {
    return table.at(table.find(domain));
}

TEST(PartnerTable, FindsAnyDomainAndNobodyElse) {
    for (const int count : {0, 1, 63, 64, 65, 5000}) {
        const PartnerTable table = many(count);
        EXPECT_EQ(table.size(), static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            ASSERT_NE(find(table, name(i)), nullptr) << i << " of " << count;
            EXPECT_EQ(find(table, name(i))->domain, name(i));
            EXPECT_EQ(find(table, "also." + name(i))->domain, name(i));
        }
        EXPECT_EQ(find(table, name(count)), nullptr);
        EXPECT_EQ(find(table, "p.example"), nullptr);
        EXPECT_EQ(domains(table).size(), static_cast<std::size_t>(count));
    }
}

TEST(PartnerTable, ACopyIsItsOwn) {
    const PartnerTable before = many(3000);
    PartnerTable after = before;
    after.replace(after.find(name(7)), {.domain = name(7), .additional_domains = {"new.example"}});
    after.erase(after.find(name(8)));
    after.push_back({.domain = "last.example"});

    EXPECT_EQ(find(before, "also." + name(7))->domain, name(7));
    EXPECT_EQ(find(before, "new.example"), nullptr);
    EXPECT_EQ(find(before, name(8))->domain, name(8));
    EXPECT_EQ(find(before, "last.example"), nullptr);
    EXPECT_EQ(before.size(), 3000U);

    EXPECT_EQ(find(after, "also." + name(7)), nullptr);
    EXPECT_EQ(find(after, "new.example")->domain, name(7));
    EXPECT_EQ(find(after, name(8)), nullptr);
    EXPECT_EQ(find(after, "also." + name(8)), nullptr);
    EXPECT_EQ(find(after, "last.example")->domain, "last.example");
    EXPECT_EQ(after.size(), 3000U);
    // Nobody else has moved.
    for (const int i : {0, 6, 9, 2999}) {
        EXPECT_EQ(after.find(name(i)), before.find(name(i)));
        EXPECT_EQ(find(after, name(i)), find(before, name(i))) << "shared, not copied";
    }
    const auto left = domains(after);
    EXPECT_EQ(std::ranges::count(left, name(8)), 0);
    EXPECT_EQ(left.back(), "last.example");
}

TEST(PartnerTable, OneDomainOneHolder) {
    PartnerTable table{{.domain = "a.example", .additional_domains = {"b.example"}}};
    EXPECT_EQ(table.contested(), nullptr);
    table.push_back({.domain = "b.example"});
    ASSERT_NE(table.contested(), nullptr);
    EXPECT_EQ(*table.contested(), "b.example");
    // As it is when a revision is taken back: for a moment both have it.
    table.replace(table.find("a.example"), {.domain = "a.example"});
    EXPECT_EQ(table.contested(), nullptr);
    EXPECT_EQ(find(table, "b.example")->domain, "b.example");

    table.push_back({.domain = "c.example", .additional_domains = {"a.example"}});
    EXPECT_NE(table.contested(), nullptr);
    table.erase(table.find("c.example"));
    EXPECT_EQ(table.contested(), nullptr);
    EXPECT_EQ(find(table, "a.example")->domain, "a.example");

    table.push_back({.domain = "d.example", .additional_domains = {"d.example"}});
    EXPECT_NE(table.contested(), nullptr);
}

TEST(PartnerTable, ManyChangesLeaveNothingBehind) {
    PartnerTable table = many(100);
    for (int i = 100; i < 20'000; ++i) {
        table.erase(table.find(name(i - 100)));
        table.push_back({.domain = name(i)});
        if (i % 7 == 0) {
            const PartnerTable shared = table;
            table.settle();
            EXPECT_EQ(find(shared, name(i))->domain, name(i));
        }
        ASSERT_EQ(find(table, name(i))->domain, name(i));
        ASSERT_EQ(find(table, name(i - 100)), nullptr);
    }
    table.settle();
    EXPECT_EQ(table.size(), 100U);
    EXPECT_LE(table.places(), 2000U);
    EXPECT_EQ(domains(table).size(), 100U);
}

}  // namespace
}  // namespace isthmus::policy
