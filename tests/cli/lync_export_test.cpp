// The rules of an import, on files as the shells of Lync Server 2013 and its successors write them.
#include "cli/lync_export.h"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace isthmus::cli {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string sample(const char* name) {
    std::ifstream file(std::string(ISTHMUS_SOURCE_DIR "/tests/data/clixml/") + name,
                       std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

class LyncExportTest : public testing::Test {
  protected:
    void take(std::string file) {
        auto made = read_clixml(std::move(file));
        ASSERT_TRUE(made) << made.error().detail;
        reader.take(files.emplace_back(*std::move(made)));
    }

    /// One object with these properties, each <S>.
    void take_object(std::initializer_list<std::pair<const char*, const char*>> properties) {
        std::string file =
            "<Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj><MS>";
        for (const auto& [name, value] : properties) {
            file += std::string("<S N=\"") + name + "\">" + value + "</S>";
        }
        take(file + "</MS></Obj></Objs>");
    }

    const LyncObject& only(LyncKind kind, std::string_view id) {
        found = reader.finish();
        const auto at = std::ranges::find_if(
            found.objects, [&](const LyncObject& one) { return one.kind == kind && one.id == id; });
        EXPECT_NE(at, found.objects.end()) << id;
        static const LyncObject kNone;
        return at == found.objects.end() ? kNone : *at;
    }

    std::deque<Clixml> files;
    LyncReader reader;
    LyncExport found;
};

TEST_F(LyncExportTest, SampleOfPartners) {
    take(sample("01-lync2013-xmpp-allowed-partners.xml"));
    const LyncObject& partner = only(LyncKind::Partner, "fabrikam.example");
    EXPECT_EQ(partner.body.at("partner_type"), "Federated");
    EXPECT_EQ(json::serialize(partner.body.at("additional_domains")),
              R"(["corp.fabrikam.example","it.fabrikam.example"])");
    EXPECT_EQ(partner.body.at("connection_limit"), 20);
    EXPECT_EQ(partner.body.at("description"), "Contact: Ken Myer +1 555 0100");
    EXPECT_THAT(partner.notes, ElementsAre("The description becomes one line."));
    EXPECT_FALSE(partner.is_refused);
    EXPECT_EQ(found.read.at(LyncKind::Partner), 3U);
}

TEST_F(LyncExportTest, SampleOfPoliciesFromARemoteSession) {
    take(sample("03-sfb2019-external-access-policies-remote.xml"));
    const LyncObject& policy = only(LyncKind::Policy, "Tag:XmppPilot");
    EXPECT_EQ(policy.body.at("enable_xmpp_access"), true);
    EXPECT_EQ(policy.body.at("enable_federation_access"), true);
    EXPECT_THAT(found.ignored, Contains("PSComputerName"));
    // Site policies bring their sites, which come first.
    EXPECT_EQ(found.objects.front().kind, LyncKind::Site);
    EXPECT_EQ(found.objects.front().id, "Dublin");
}

TEST_F(LyncExportTest, SampleOfUsers) {
    take(sample("04-lync2013-users.xml"));
    found = reader.finish();
    ASSERT_EQ(found.users.size(), 3U);
    EXPECT_EQ(found.users[0].uri, "ken.myer@corp.example");
    EXPECT_EQ(found.users[0].policy, "XmppPilot");
    EXPECT_EQ(found.users[0].pool, "lyncpool01.corp.example");
    EXPECT_EQ(found.users[1].policy, "");
    EXPECT_EQ(found.users[2].uri, "ase.sorensen@corp.example");
    EXPECT_EQ(found.disabled_users, 1U);
    EXPECT_EQ(found.users_without_address, 1U);
}

TEST_F(LyncExportTest, SampleOfTheGateway) {
    take(sample("02-sfb2015-xmpp-gateway-configuration.xml"));
    const LyncObject& gateway = only(LyncKind::Gateway, "");
    EXPECT_TRUE(gateway.body.contains("partner_connection_limit"));
    EXPECT_FALSE(gateway.body.contains("dialback_passphrase"));
    EXPECT_TRUE(found.has_passphrase);
    EXPECT_THAT(gateway.notes, Contains(HasSubstr("passphrase is not taken over")));
    EXPECT_THAT(json::serialize(gateway.body), testing::Not(HasSubstr("not-a-real-passphrase")));
}

TEST_F(LyncExportTest, DefaultsOfThePartner) {
    take_object({{"Identity", "A.Example."}, {"TlsNegotiation", ""}});
    const LyncObject& partner = only(LyncKind::Partner, "a.example");
    EXPECT_EQ(json::serialize(partner.body),
              R"({"domain":"a.example","description":"","additional_domains":[],)"
              R"("partner_type":"PublicUnverified","tls_negotiation":"Required",)"
              R"("sasl_negotiation":"Required","support_dialback_negotiation":true,)"
              R"("enable_keep_alive":true,"connection_limit":null,"proxy_fqdn":""})");
}

TEST_F(LyncExportTest, PartnersThatCannotBe) {
    take_object(
        {{"Domain", "a.example"}, {"Identity", "b.example"}, {"TlsNegotiation", "Required"}});
    take_object({{"Domain", "c.example"}, {"TlsNegotiation", "Sometimes"}});
    take_object({{"Domain", "d.example"}, {"TlsNegotiation", "required"}});
    take_object({{"Domain", "e.example"},
                 {"TlsNegotiation", "Optional"},
                 {"AdditionalDomains", "D.example"},
                 {"ConnectionLimit", "0"}});
    take_object({{"Domain", ""}, {"TlsNegotiation", "Optional"}});
    EXPECT_THAT(only(LyncKind::Partner, "a.example").notes,
                ElementsAre("Its Identity says b.example and its Domain a.example."));
    const auto& all = found.objects;
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(all[0].is_refused);
    EXPECT_THAT(all[1].notes, ElementsAre("tlsnegotiation is 'Sometimes', which it cannot be."));
    EXPECT_TRUE(all[1].is_refused);
    EXPECT_FALSE(all[2].is_refused);
    EXPECT_EQ(all[2].body.at("tls_negotiation"), "Required");
    EXPECT_THAT(all[3].notes,
                ElementsAre("ConnectionLimit 0 becomes the gateway's limit.",
                            "d.example belongs to the partner d.example already."));
    EXPECT_TRUE(all[3].is_refused);
    EXPECT_THAT(found.notes, ElementsAre("A partner without a domain was left out."));
}

TEST_F(LyncExportTest, PoliciesByAnyNameOfTheirs) {
    take_object({{"Identity", "XmppPilot"}, {"EnableXmppAccess", "True"}});
    take_object({{"Identity", "tag:xmpppilot"}, {"EnableXmppAccess", "False"}});
    take_object({{"Identity", "SITE:Paris"}, {"EnableXmppAccess", "True"}});
    take_object({{"Identity", "global"}, {"EnableXmppAccess", "False"}});
    EXPECT_THAT(only(LyncKind::Policy, "Tag:XmppPilot").notes,
                ElementsAre("XMPP without federation lets nobody talk: both are needed."));
    EXPECT_THAT(found.notes,
                ElementsAre("policy Tag:xmpppilot is there more than once; the first counts."));
    EXPECT_EQ(found.objects.size(), 4U);  // with the site
}

TEST_F(LyncExportTest, PoolsAndUnknownObjects) {
    take_object({{"Fqdn", "Pool1.contoso.example"}, {"Site", "Site:Paris"}});
    take_object({{"Identity", "x"}, {"Weather", "fine"}});
    EXPECT_EQ(only(LyncKind::Pool, "pool1.contoso.example").body.at("site"), "Paris");
    EXPECT_THAT(found.notes, ElementsAre(HasSubstr("An object of an unknown kind was left out")));
}

}  // namespace
}  // namespace isthmus::cli
