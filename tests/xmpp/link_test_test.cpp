// The test of a link over a wire in memory, as far as the partner's certificate: each state that a
// partner can be in, and which step says so. What a step says as good is never said of one that was
// not tried.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "link_test_world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using xmpp::Negotiation;

TEST_F(LinkTestTest, AllGood) {
    start();
    test();
    fabrikam.let_in_by_external();
    EXPECT_THAT(fabrikam.last_heard(), HasSubstr("<ping xmlns='urn:xmpp:ping'/>"));
    answer_ping(fabrikam.last_heard());
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass",
                            "tcp pass",
                            "stream pass",
                            "tls pass",
                            "certificate pass",
                            "auth pass",
                            "dialback skipped",
                            "reverse pass",
                            "ping+im pass"));
    EXPECT_EQ(steps.done, 1);
    EXPECT_THAT(steps.find("dns").evidence, HasSubstr("0 0 5269 xmpp.fabrikam.example"));
    EXPECT_EQ(steps.find("tcp").addresses.at(0).address, "192.0.2.2:5269");
    EXPECT_THAT(steps.find("auth").evidence, HasSubstr("mechanisms (EXTERNAL)"));
    EXPECT_THAT(handler.links, IsEmpty()) << "the live links hear nothing of a test";
    EXPECT_EQ(count("isthmus_s2s_streams{partner=\"fabrikam.example\",direction=\"out\""), 0U);
}

TEST_F(LinkTestTest, NoSuchDomain) {
    resolver.forget("_xmpp-server._tcp.fabrikam.example");
    start();
    test();
    EXPECT_THAT(steps.told, ElementsAre("dns fail IST-DNS-002"));
    EXPECT_EQ(steps.done, 1);
}

TEST_F(LinkTestTest, HowLongAndHowSurelyDnsSaysSo) {
    resolver.forget("_xmpp-server._tcp.fabrikam.example");
    resolver.add_srv("_xmpp-server._tcp.fabrikam.example",
                     {0, 0, 5269, "xmpp.fabrikam.example", true, 300});
    resolver.add_tlsa("_5269._tcp.xmpp.fabrikam.example", {3, 1, 1, "\x01\xff"});
    start();
    test();
    EXPECT_THAT(steps.find("dns").evidence, HasSubstr("TTL 300 s, proved by DNSSEC"));
    EXPECT_THAT(steps.find("dns").evidence, HasSubstr("TLSA of xmpp.fabrikam.example: 3 1 1 01ff"));
}

TEST_F(LinkTestTest, DnsLeadsIntoAClosedNetwork) {
    resolver.forget("xmpp.fabrikam.example");
    resolver.add_address("xmpp.fabrikam.example", "10.1.2.3");
    start();
    test();
    EXPECT_THAT(steps.told, ElementsAre("dns fail IST-DNS-005"));
    EXPECT_THAT(steps.find("dns").evidence, HasSubstr("10.1.2.3"));
}

TEST_F(LinkTestTest, AnAddressThatIsLeftOutIsNamed) {
    resolver.add_address("xmpp.fabrikam.example", "10.1.2.3");
    start();
    test();
    EXPECT_THAT(steps.find("dns").evidence, HasSubstr("not connected to: 10.1.2.3"));
    EXPECT_EQ(steps.find("tcp").addresses.size(), 1U);
}

TEST_F(LinkTestTest, NoNameServer) {
    resolver.fail("_xmpp-server._tcp.fabrikam.example");
    start();
    test();
    EXPECT_THAT(steps.told, ElementsAre("dns fail IST-DNS-004"));
}

TEST_F(LinkTestTest, NobodyListens) {
    fabrikam.stop();
    start();
    test();
    EXPECT_THAT(steps.told, ElementsAre("dns pass", "tcp fail IST-TCP-001"));
    EXPECT_FALSE(steps.find("tcp").addresses.at(0).is_reached);
}

TEST_F(LinkTestTest, OneOfTwoAddressesIsDead) {
    resolver.add_address("xmpp.fabrikam.example", "192.0.2.77");
    start();
    test();
    loop.advance(6s);
    EXPECT_THAT(steps.told, ElementsAre("dns pass", "tcp warn IST-TCP-001"));
    EXPECT_EQ(steps.find("tcp").addresses.size(), 2U);
}

TEST_F(LinkTestTest, AnAddressOfOurOwnIsNoPartners) {
    resolver.forget("xmpp.fabrikam.example");
    resolver.add_address("xmpp.fabrikam.example", "192.0.2.1");
    start();
    test();
    EXPECT_THAT(steps.told, ElementsAre("dns pass", "tcp fail IST-TCP-005"));
    EXPECT_THAT(steps.find("tcp").evidence, HasSubstr("192.0.2.1:5269"));
    EXPECT_EQ(steps.done, 1);
}

TEST_F(LinkTestTest, NoTlsIsOffered) {
    start();
    test();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kDialback));
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass", "tcp pass", "stream pass", "tls fail IST-TLS-001"));
    EXPECT_EQ(steps.done, 1);
}

TEST_F(LinkTestTest, TheHandshakeFails) {
    theirs.fail_handshakes(true);
    start();
    test();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass", "tcp pass", "stream pass", "tls fail IST-TLS-002"));
}

TEST_F(LinkTestTest, ACertificateOfSomebodyElse) {
    handler.partners["fabrikam.example"].dialback = false;
    order.policy.dialback = false;
    theirs.set_certificate(certificate_for("evil.example"));
    start();
    test();
    secure_and_offer(kExternalOffer);
    EXPECT_THAT(
        steps.told,
        ElementsAre(
            "dns pass", "tcp pass", "stream pass", "tls pass", "certificate fail IST-CERT-001"));
    EXPECT_THAT(steps.find("certificate").evidence, HasSubstr("evil.example"));
    EXPECT_EQ(steps.done, 1);
}

}  // namespace
}  // namespace isthmus::test
