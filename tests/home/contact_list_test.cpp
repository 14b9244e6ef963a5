#include "home/contact_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::home {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Contact contact(std::string address,
                std::string name = {},
                std::vector<std::uint32_t> groups = {}) {
    return {.address = std::move(address), .name = std::move(name), .groups = std::move(groups)};
}

TEST(ContactAddress, IsWithoutSchemeAndParameters) {
    EXPECT_EQ(contact_address("sip:Romeo@Fabrikam.Example;gr=x"), "romeo@fabrikam.example");
    EXPECT_EQ(contact_address("<sips:romeo@fabrikam.example>"), "romeo@fabrikam.example");
    EXPECT_EQ(contact_address("\"R <x>\" <sip:romeo@fabrikam.example>"), "romeo@fabrikam.example");
    EXPECT_EQ(contact_address("romeo@fabrikam.example"), "romeo@fabrikam.example");
    for (const char* bad :
         {"", "sip:", "romeo", "@fabrikam.example", "romeo@", "a b@c", "a\tb@c"}) {
        EXPECT_FALSE(contact_address(bad)) << bad;
    }
    EXPECT_FALSE(contact_address(std::string(2000, 'a') + "@b"));
}

TEST(ContactList, SurvivesTheDatabase) {
    ContactList list;
    const auto group = list.add_group("Verona\tand\nMantua");
    ASSERT_TRUE(group);
    EXPECT_TRUE(list.set_contact(contact("romeo@fabrikam.example", "Romeo & Co", {*group, 1, 99})));
    EXPECT_TRUE(list.allow("nurse@fabrikam.example"));
    EXPECT_TRUE(list.block("tybalt@fabrikam.example"));
    EXPECT_EQ(ContactList::load(list.save()), list);
    EXPECT_THAT(list.find("romeo@fabrikam.example")->groups, ElementsAre(1, *group));
    EXPECT_EQ(list.groups().back().name, "Verona and Mantua");
}

TEST(ContactList, TakesAnyText) {
    for (const char* text : {"",
                             "nonsense",
                             "contact\t\t\t\t\n",
                             "group\t1\tx\ngroup\tx\ty\n",
                             "delta\t99999999999\nnext-group\t0\n",
                             "allow\t\n\n\n\t\t"}) {
        EXPECT_GE(ContactList::load(text).groups().size(), 1U) << text;
    }
}

TEST(ContactList, ContactsOfAnErasedGroupStay) {
    ContactList list;
    const auto group = list.add_group("Verona");
    list.set_contact(contact("romeo@fabrikam.example", "", {*group}));
    EXPECT_TRUE(list.erase_group(*group));
    EXPECT_THAT(list.find("romeo@fabrikam.example")->groups, ElementsAre(ContactList::kOthers));
    EXPECT_FALSE(list.erase_group(ContactList::kOthers));
    EXPECT_FALSE(list.rename_group(*group, "Mantua"));
}

TEST(ContactList, HasLimits) {
    ContactList list;
    for (std::size_t i = 0; i < ContactList::kMaxContacts; ++i) {
        ASSERT_TRUE(list.set_contact(contact("c" + std::to_string(i) + "@fabrikam.example")));
    }
    EXPECT_FALSE(list.set_contact(contact("one@too.many")));
    EXPECT_TRUE(list.set_contact(contact("c0@fabrikam.example", "renamed")));
    while (list.groups().size() < ContactList::kMaxGroups) {
        ASSERT_TRUE(list.add_group("g" + std::to_string(list.groups().size())));
    }
    EXPECT_FALSE(list.add_group("one too many"));
    EXPECT_TRUE(list.add_group("g1"));  // there already
    list.set_contact(contact("c0@fabrikam.example", std::string(1000, 'x')));
    EXPECT_EQ(list.find("c0@fabrikam.example")->name.size(), ContactList::kMaxName);
}

TEST(ContactList, WhoIsBlockedIsNotAllowed) {
    ContactList list;
    list.allow("nurse@fabrikam.example");
    list.block("nurse@fabrikam.example");
    EXPECT_TRUE(list.is_blocked("nurse@fabrikam.example"));
    EXPECT_FALSE(list.is_allowed("nurse@fabrikam.example"));
    EXPECT_FALSE(list.is_blocked("romeo@fabrikam.example"));
    EXPECT_TRUE(list.forget("nurse@fabrikam.example"));
    EXPECT_FALSE(list.is_blocked("nurse@fabrikam.example"));
}

TEST(ContactList, IsToldToLyncClients) {
    ContactList list;
    list.set_contact(contact("romeo@fabrikam.example", "R<o>m'eo"));
    const std::string all = list.to_roaming_contacts();
    EXPECT_THAT(all, HasSubstr("<group id='1' name='~' externalURI=''/>"));
    EXPECT_THAT(all, HasSubstr("uri='romeo@fabrikam.example'"));  // without scheme here
    EXPECT_THAT(all, Not(HasSubstr("<o>")));
    EXPECT_THAT(all, HasSubstr("groups='1'"));  // no blank behind it
}

TEST(ContactList, ChangesAreToldToThoseWhoHaveIt) {
    ContactList before;
    for (const char* who : {"romeo", "tybalt", "nurse"}) {
        before.set_contact(contact(std::string(who) + "@fabrikam.example", who));
    }
    const std::uint32_t verona = *before.add_group("Verona");
    const std::uint32_t mantua = *before.add_group("Mantua");
    ContactList after = before;
    after.erase_contact("tybalt@fabrikam.example");
    after.set_contact(contact("nurse@fabrikam.example", "Angelica"));
    after.set_contact(contact("paris@fabrikam.example", "Paris"));
    after.rename_group(verona, "City");
    after.erase_group(mantua);
    after.add_group("Balcony");
    const std::string delta = after.to_delta(before);
    EXPECT_THAT(delta, HasSubstr("<addedContact uri='sip:paris@fabrikam.example' name='Paris'"));
    EXPECT_THAT(delta, HasSubstr("<modifiedContact uri='sip:nurse@fabrikam.example'"));
    EXPECT_THAT(delta, HasSubstr("<deletedContact uri='sip:tybalt@fabrikam.example'/>"));
    EXPECT_THAT(delta, HasSubstr("<modifiedGroup id='2' name='City'"));
    EXPECT_THAT(delta, HasSubstr("<deletedGroup id='3'/>"));
    EXPECT_THAT(delta, HasSubstr("<addedGroup id='4' name='Balcony'"));
    EXPECT_THAT(delta, Not(HasSubstr("romeo")));
    EXPECT_THAT(delta, HasSubstr(fmt::format("prevDeltaNum='{}'", before.delta())));
}

}  // namespace
}  // namespace isthmus::home
