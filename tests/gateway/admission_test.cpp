// Who is at the other end and what it may assert; gaps G-22 and G-23, abuse cases C14, C15, D01.
#include "gateway/admission.h"

#include <gtest/gtest.h>

namespace isthmus::gateway {
namespace {

GatewayConfig config() {
    GatewayConfig made;
    made.domains = {{"contoso.example", "contoso.example"},
                    {"xn--bcher-kva.example", "bücher.example"}};
    made.peers.push_back({.name = "listed",
                          .domains = {"contoso.example"},
                          .addresses = {*net::Cidr::parse("192.0.2.0/28")}});
    made.peers.push_back({.name = "certified",
                          .domains = {"northwind.example"},
                          .certificate_names = {"sip.northwind.example"}});
    return made;
}

sip::Origin origin(sip::Transport transport,
                   const char* address,
                   const net::PeerCertificate* certificate = nullptr) {
    return {.transport = transport,
            .remote = *net::Endpoint::parse(address),
            .certificate = certificate};
}

TEST(Admission, AnAddressProvesOnlyThePeerThatListsIt) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Udp, "192.0.2.15:5060")), 0);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tcp, "192.0.2.16:5060")), -1);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tcp, "[2001:db8::1]:5060")), -1);
}

TEST(Admission, ACertificateProvesWhenTrustedNamedAndShownOverTls) {
    const GatewayConfig made = config();
    const Admission admission(made);
    net::PeerCertificate certificate;
    certificate.is_trusted = true;
    certificate.dns_names = {"sip.northwind.example"};
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), 1);
    certificate.is_trusted = false;
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), -1);
    certificate.is_trusted = true;
    certificate.dns_names = {"evil.example"};
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), -1);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1")), -1);
}

TEST(Admission, APeerOfTls13IsNotProvedByLess) {
    GatewayConfig made = config();
    made.peers[1].target.needs_tls13 = true;
    const Admission admission(made);
    net::PeerCertificate certificate;
    certificate.is_trusted = true;
    certificate.dns_names = {"sip.northwind.example"};
    sip::Origin from = origin(sip::Transport::Tls, "198.51.100.1:1", &certificate);
    EXPECT_EQ(admission.identify(from), -1);
    from.is_tls13 = true;
    EXPECT_EQ(admission.identify(from), 1);
}

TEST(Admission, APeerSpeaksForItsDomainsOnly) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_TRUE(admission.may_assert(0, "contoso.example"));
    EXPECT_FALSE(admission.may_assert(0, "northwind.example"));
    EXPECT_FALSE(admission.may_assert(0, "sub.contoso.example"));
    EXPECT_FALSE(admission.may_assert(-1, "contoso.example"));
}

// --- the type of the partner (reference of the original, 5.2) -----------------------------------

struct OneContact final : Contacts {
    bool is_contact(std::string_view user,
                    std::string_view sip_domain,
                    const xmpp::Jid& contact) const override {
        return user == "alice" && sip_domain == "contoso.example" && contact.local == "juliet";
    }
};

class PartnerTypes : public testing::Test {
  protected:
    PartnerTypes() {
        policy::Objects objects;
        objects.access_edge.allow_federated_users = true;
        objects.rules = {
            {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true},
            {.identity = "Tag:none"}};
        const policy::User bob{.uri = "bob@contoso.example", .policy = "Tag:none"};
        objects.users = policy::UserTable::of({&bob, 1});
        for (const auto& [domain, type] :
             {std::pair{"public.example", policy::PartnerType::PublicUnverified},
              std::pair{"verified.example", policy::PartnerType::PublicVerified},
              std::pair{"fabrikam.example", policy::PartnerType::Federated}}) {
            policy::Partner partner;
            partner.domain = domain;
            partner.partner_type = type;
            objects.partners.push_back(partner);
        }
        admission_.set_policy(policy::Policy::build(objects).value());
    }

    policy::Decision from_xmpp(const char* jid,
                               const char* user = "alice",
                               Approach approach = Approach::Message) {
        const xmpp::Jid from = xmpp::Jid::from_prepared(jid);
        return admission_.decide_from_xmpp(
            {.user = user, .user_domain = "contoso.example", .remote_domain = from.domain},
            from,
            contacts_,
            approach,
            now_);
    }

    void wrote(const char* user, const char* jid) {
        const xmpp::Jid to = xmpp::Jid::from_prepared(jid);
        const policy::Decision decision = admission_.decide(
            {.user = user, .user_domain = "contoso.example", .remote_domain = to.domain});
        admission_.wrote(user, "contoso.example", to, decision, now_);
    }

    GatewayConfig config_ = config();
    Admission admission_{config_};
    OneContact contacts_;
    TimePoint now_{};
};

TEST_F(PartnerTypes, OnlyPublicUnverifiedAsksForAContact) {
    EXPECT_EQ(from_xmpp("romeo@fabrikam.example/a").gate, policy::Gate::Open);
    EXPECT_EQ(from_xmpp("romeo@verified.example/a").gate, policy::Gate::Open);
    EXPECT_EQ(from_xmpp("romeo@public.example/a").gate, policy::Gate::PartnerType);
    EXPECT_EQ(from_xmpp("juliet@public.example/a").gate, policy::Gate::Open);
    EXPECT_EQ(from_xmpp("juliet@public.example/a", "carol").gate, policy::Gate::PartnerType);
    EXPECT_EQ(from_xmpp("juliet@public.example", "alice", Approach::Subscription).gate,
              policy::Gate::Open);
}

TEST_F(PartnerTypes, WhoeverWasWrittenToMayAnswerForADay) {
    wrote("alice", "romeo@public.example");
    EXPECT_EQ(from_xmpp("romeo@public.example/a").gate, policy::Gate::Open);
    EXPECT_EQ(from_xmpp("romeo@public.example", "alice", Approach::Subscription).gate,
              policy::Gate::PartnerType);
    EXPECT_EQ(from_xmpp("romeo@public.example/a", "carol").gate, policy::Gate::PartnerType);
    EXPECT_EQ(from_xmpp("tybalt@public.example/a").gate, policy::Gate::PartnerType);
    now_ += std::chrono::hours(23);
    wrote("alice", "romeo@public.example/other");
    now_ += Admission::kAnswerTime;
    EXPECT_EQ(from_xmpp("romeo@public.example/a").gate, policy::Gate::Open);
    now_ += std::chrono::seconds(1);
    EXPECT_EQ(from_xmpp("romeo@public.example/a").gate, policy::Gate::PartnerType);
}

TEST_F(PartnerTypes, TheAnswerDoesNotTellWhoExists) {
    const policy::Decision stranger = from_xmpp("romeo@public.example/a");
    const policy::Decision forbidden = from_xmpp("romeo@public.example/a", "bob");
    EXPECT_EQ(forbidden.gate, policy::Gate::User);
    EXPECT_FALSE(Admission::refusal_text(stranger).empty());
    EXPECT_EQ(Admission::refusal_text(stranger), Admission::refusal_text(forbidden));
    EXPECT_EQ(Admission::refusal_text(from_xmpp("romeo@fabrikam.example/a", "bob")), "");
}

TEST_F(PartnerTypes, OnlyFederatedPartnersSeeTheNote) {
    for (const policy::Partner& partner : admission_.policy().partners()) {
        EXPECT_EQ(Admission::may_see_note(partner), partner.domain == "fabrikam.example");
    }
}

TEST(Admission, ServedDomainsHaveTwoNames) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_EQ(admission.served_xmpp("bücher.example")->sip, "xn--bcher-kva.example");
    EXPECT_EQ(admission.served_sip("xn--bcher-kva.example")->xmpp, "bücher.example");
    EXPECT_EQ(admission.served_sip("bücher.example"), nullptr);
}

}  // namespace
}  // namespace isthmus::gateway
