// CSV: what RFC 4180 allows is read, garbage changes nothing, each fault has its line.
#include "control/user_import.h"

#include "control/csv.h"

#include <vector>

#include "management_world.h"

namespace isthmus::control {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text) {
    CsvReader reader(text);
    Rows made;
    std::vector<std::string> fields;
    while (reader.next(fields)) {
        made.push_back(fields);
    }
    if (reader.fault()) {
        made.push_back({"fault", *reader.fault()});
    }
    return made;
}

TEST(Csv, Rfc4180) {
    EXPECT_EQ(rows_of("a,b\r\nc,d\r\n"), (Rows{{"a", "b"}, {"c", "d"}}));
    EXPECT_EQ(rows_of("a,b\n\nc,"), (Rows{{"a", "b"}, {"c", ""}}));
    EXPECT_EQ(rows_of("\"a,\"\"b\"\"\",\"c\nd\"\n"), (Rows{{"a,\"b\"", "c\nd"}}));
    EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                      "a;b,c\n1;2\n"),
              (Rows{{"a", "b,c"}, {"1", "2"}}));
    EXPECT_EQ(rows_of("a\tb\n"), (Rows{{"a", "b"}}));
    EXPECT_EQ(rows_of(""), Rows{});
    EXPECT_EQ(rows_of("\n\n"), Rows{});
    EXPECT_EQ(rows_of("\"a").back().front(), "fault");
    EXPECT_EQ(rows_of("\"a\"b,c").back().front(), "fault");
}

class UserImportTest : public Management {
  protected:
    void SetUp() override {
        open_everything();
        ASSERT_TRUE(service->create<policy::AccessRule>(object(R"({"identity":"Closed"})"), edit));
        ASSERT_TRUE(
            users->create(object(R"({"uri":"bob@contoso.example","display_name":"Bob"})"), edit));
    }

    Result<ImportReport> import(std::string_view csv) { return import_users(*users, csv, edit); }
};

TEST_F(UserImportTest, CreatesChangesAndKeeps) {
    ASSERT_TRUE(users->create(object(R"({"uri":"bystander@contoso.example"})"), edit));
    const std::uint64_t before = store.revision();
    const auto made = import(
        "SipAddress,DisplayName,ExternalAccessPolicy,Enabled\n"
        "sip:Alice@contoso.example,\"Adams, Alice\",Closed,True\n"
        "sip:bob@contoso.example,Robert,,false\n");
    ASSERT_TRUE(made) << made.error().public_text;
    EXPECT_EQ(made->faulty, 0U) << made->faults.at(0).sentence;
    EXPECT_EQ(made->created, 1U);
    EXPECT_EQ(made->changed, 1U);
    EXPECT_EQ(store.revision(), before + 1);
    EXPECT_EQ(store.user("alice@contoso.example")->display_name, "Adams, Alice");
    EXPECT_EQ(store.user("alice@contoso.example")->source, policy::UserSource::Csv);
    EXPECT_EQ(store.user("bob@contoso.example")->source, policy::UserSource::Manual);
    EXPECT_EQ(decide("alice", "a.example").gate, policy::Gate::User);
    EXPECT_EQ(decide("bob", "a.example").gate, policy::Gate::UserState);
    EXPECT_TRUE(store.user("bystander@contoso.example"));
    const auto again = import("uri,display_name\nbob@contoso.example,Robert\n");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->same, 1U);
    EXPECT_EQ(store.revision(), before + 1);
}

TEST_F(UserImportTest, OneBadLineAndNothingIsImported) {
    const std::uint64_t before = store.revision();
    const auto made = import(
        "uri,enabled,policy\n"
        "carol@contoso.example,true,\n"
        "not an address,true,\n"
        "dave@contoso.example,perhaps,\n"
        "erin@contoso.example,true,NoSuchPolicy\n"
        "CAROL@contoso.example,true,\n"
        "frank@contoso.example\n");
    ASSERT_TRUE(made);
    ASSERT_EQ(made->faults.size(), 5U);
    EXPECT_EQ(made->faults[0].line, 3U);
    EXPECT_NE(made->faults[1].sentence.find("enabled \"perhaps\""), std::string::npos);
    EXPECT_NE(made->faults[2].sentence.find("NoSuchPolicy"), std::string::npos);
    EXPECT_NE(made->faults[3].sentence.find("line 2"), std::string::npos);
    EXPECT_EQ(made->faults[4].line, 7U);
    EXPECT_EQ(store.revision(), before);
    EXPECT_FALSE(store.user("carol@contoso.example"));
}

TEST_F(UserImportTest, GarbageIsRefusedAsAWhole) {
    for (const std::string_view bad : {std::string_view(""),
                                       std::string_view("name\nx\n"),
                                       std::string_view("display_name\nx\n"),
                                       std::string_view("uri,uri\na@b,a@b\n"),
                                       std::string_view("uri,SipAddress\na@b,a@b\n"),
                                       std::string_view("uri\n\"a@contoso.example\n"),
                                       std::string_view("uri\n\xff\xfe\n"),
                                       std::string_view("\0\1\2", 3)}) {
        EXPECT_FALSE(import(bad)) << bad;
    }
    EXPECT_EQ(store.count_users(), 1U);
}

TEST_F(UserImportTest, ADryRunReportsAndChangesNothing) {
    Edit dry = edit;
    dry.dry_run = true;
    const auto made = import_users(*users, "uri\nalice@contoso.example\n", dry);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->created, 1U);
    EXPECT_TRUE(made->committed.is_dry_run);
    EXPECT_FALSE(store.user("alice@contoso.example"));
}

TEST_F(UserImportTest, DecisionsKnowOnlyWhoDiffersFromThoseWhomNobodyEntered) {
    const auto before = in_force->objects().users;
    ASSERT_TRUE(import_users(*users, "uri,display_name\nx@contoso.example,X\n", edit));
    EXPECT_EQ(in_force->objects().users, before) << "nothing to decide by";
    ASSERT_TRUE(import_users(*users, "uri,enabled\nx@contoso.example,false\n", edit));
    EXPECT_EQ(decide("x", "a.example").gate, policy::Gate::UserState);
    ASSERT_TRUE(import_users(*users, "uri,enabled\nx@contoso.example,true\n", edit));
    EXPECT_NE(decide("x", "a.example").gate, policy::Gate::UserState);
}

}  // namespace
}  // namespace isthmus::control
