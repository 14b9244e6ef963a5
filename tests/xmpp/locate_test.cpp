// Where the servers of a domain are. RFC 6120 §3.2, RFC 2782; abuse case B20.
#include "xmpp/locate.h"

#include "support/fixed_resolver.h"
#include "support/manual_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace isthmus::xmpp {
namespace {

using testing::ElementsAre;

TEST(HostPort, ReadsWhatAnAdministratorWrites) {
    struct Row {
        std::string_view text;
        std::string_view host;
        int port;
    };

    for (const Row& row : {Row{"xmpp.example", "xmpp.example", 5269},
                           Row{"xmpp.example:15269", "xmpp.example", 15269},
                           Row{"192.0.2.1:1", "192.0.2.1", 1},
                           Row{"[2001:db8::1]:15269", "[2001:db8::1]", 15269},
                           Row{"2001:db8::1", "2001:db8::1", 5269},
                           Row{"xmpp.example:0", "xmpp.example:0", 5269},
                           Row{"xmpp.example:70000", "xmpp.example:70000", 5269},
                           Row{":5269", ":5269", 5269},
                           Row{"", "", 5269}}) {
        HostPort found = HostPort::parse(row.text, kServerPort);
        EXPECT_EQ(found.host, row.host);
        EXPECT_EQ(found.port, row.port);
    }
}

class LocationTest : public testing::Test {
  protected:
    void locate(HostPort place) {
        location.emplace(resolver, std::move(place), terms, [this](auto target) { note(target); });
    }

    void locate(std::string domain, bool with_direct_tls = false) {
        terms.with_direct_tls = with_direct_tls;
        location.emplace(resolver, std::move(domain), terms, [this](auto target) { note(target); });
    }

    void note(const Result<Target>& target) {
        std::string said;
        if (target) {
            said = (target->is_direct_tls ? "tls " : "") + target->host;
            for (const auto& endpoint : target->endpoints) {
                said += " " + endpoint.to_string();
            }
        } else {
            said = target.error().code;
            kind = target.error().kind;
        }
        answers.push_back(said);
    }

    void next(int times = 1) {
        for (; times != 0; --times) {
            location->next();
            loop.run();
            ++asked;
        }
    }

    test::ManualLoop loop;
    test::FixedResolver resolver{loop};
    LocationTerms terms;
    std::optional<Location> location;
    std::vector<std::string> answers;
    std::size_t asked = 0;
    std::optional<ErrorKind> kind;
};

TEST_F(LocationTest, TargetsInTheOrderOfTheResolverThenTheEnd) {
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5270, "one.example"});
    resolver.add_srv("_xmpp-server._tcp.a.example", {5, 0, 5271, "two.example"});
    resolver.add_address("one.example", "192.0.2.1");
    resolver.add_address("one.example", "2001:db8::1");
    resolver.add_address("two.example", "192.0.2.2");
    resolver.add_address("a.example", "192.0.2.99");
    locate(std::string("a.example"));
    next(3);
    EXPECT_THAT(answers,
                ElementsAre("one.example 192.0.2.1:5270 [2001:db8::1]:5270",
                            "two.example 192.0.2.2:5271",
                            "IST-TCP-001"));
    EXPECT_EQ(kind, ErrorKind::Unreachable);
}

TEST_F(LocationTest, TheDomainItselfOnlyWithoutServiceRecords) {
    resolver.add_address("a.example", "192.0.2.1");
    locate(std::string("a.example"));
    next();
    EXPECT_THAT(answers, ElementsAre("a.example 192.0.2.1:5269"));
}

TEST_F(LocationTest, NoFallbackWhenTheTargetHasNoAddress) {
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, "gone.example"});
    resolver.add_address("a.example", "192.0.2.1");
    locate(std::string("a.example"));
    next();
    EXPECT_THAT(answers, ElementsAre("IST-DNS-006"));
    EXPECT_EQ(kind, ErrorKind::NotFound);
}

TEST_F(LocationTest, ADomainThatDoesNotExistIsToldFromOneWithoutAddress) {
    resolver.deny("gone.example");
    locate(std::string("gone.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-001");
    EXPECT_EQ(kind, ErrorKind::NotFound);
    locate(std::string("empty.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-002");
    // A server that does not exist is not the domain's own end.
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, "gone.example"});
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-006");
}

/// Abuse case B19: neither the metadata service of a cloud nor everybody on the link.
TEST_F(LocationTest, NoServerIsAtAddressesThatAreNobodys) {
    for (const std::string_view address : {"0.0.0.0",
                                           "0.1.2.3",
                                           "169.254.169.254",
                                           "224.0.0.1",
                                           "255.255.255.255",
                                           "::",
                                           "fe80::1",
                                           "febf::1",
                                           "ff02::1",
                                           "::ffff:169.254.169.254"}) {
        const std::string domain = "d" + std::to_string(asked) + ".example";
        resolver.add_address(domain, address);
        locate(domain);
        next();
        EXPECT_EQ(answers.back(), "IST-DNS-002") << address;
    }
    resolver.add_address("a.example", "169.254.169.254");
    resolver.add_address("a.example", "10.0.0.1");
    resolver.add_address("a.example", "fd00::1");
    terms.may_be_private = true;
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "a.example 10.0.0.1:5269 [fd00::1]:5269");
}

constexpr std::string_view kPrivate[] = {"10.1.2.3",
                                         "127.0.0.1",
                                         "172.16.0.1",
                                         "192.168.1.1",
                                         "100.64.0.1",
                                         "::1",
                                         "fd00::1",
                                         "::ffff:127.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "2002:a00:1::"};

/// Abuse case B19: DNS of a partner does not choose among our own machines.
TEST_F(LocationTest, DnsLeadsToNoPrivateAddress) {
    for (const std::string_view address : kPrivate) {
        const std::string domain = "d" + std::to_string(asked) + ".example";
        resolver.add_address(domain, address);
        locate(domain);
        next();
        EXPECT_EQ(answers.back(), "IST-DNS-005") << address;
        EXPECT_EQ(kind, ErrorKind::NotFound);
    }
    // By a service record, even one that names an address, and by the name of a proxy.
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 8443, "127.0.0.1"});
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-005");
    locate(HostPort{"d0.example", 5269});
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-005");
}

TEST_F(LocationTest, TheOtherAddressesAreUsed) {
    resolver.add_address("a.example", "10.1.2.3");
    resolver.add_address("a.example", "192.0.2.1");
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "a.example 192.0.2.1:5269");
}

TEST_F(LocationTest, WhatAnAdministratorWroteDownHeWants) {
    locate(HostPort{"10.1.2.3", 5269});
    next();
    EXPECT_EQ(answers.back(), "10.1.2.3 10.1.2.3:5269");
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, "xmpp.a.example"});
    resolver.add_address("xmpp.a.example", "10.1.2.3");
    resolver.write_down("xmpp.a.example");
    locate(HostPort{"xmpp.a.example", 5269});
    next();
    EXPECT_EQ(answers.back(), "xmpp.a.example 10.1.2.3:5269");
    // But DNS of the partner must not name what he wrote down for others.
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-005");
    resolver.write_down("a.example");
    locate(std::string("a.example"));
    next();
    EXPECT_EQ(answers.back(), "xmpp.a.example 10.1.2.3:5269");
}

TEST_F(LocationTest, TargetOfASingleDotMeansNoService) {
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 0, "."});
    resolver.add_address("a.example", "192.0.2.1");
    locate(std::string("a.example"));
    next();
    EXPECT_THAT(answers, ElementsAre("IST-DNS-003"));
    EXPECT_EQ(kind, ErrorKind::NotFound);
}

TEST_F(LocationTest, NoAnswerIsNotNoRecord) {
    resolver.fail("_xmpp-server._tcp.a.example");
    resolver.add_address("a.example", "192.0.2.1");
    locate(std::string("a.example"));
    next();
    EXPECT_THAT(answers, ElementsAre("IST-DNS-004"));
    EXPECT_EQ(kind, ErrorKind::Unreachable);

    resolver.fail("b.example");
    locate(std::string("b.example"));
    next();
    EXPECT_EQ(answers.back(), "IST-DNS-004");
}

TEST_F(LocationTest, ABrokenTargetIsPassedOver) {
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, "broken.example"});
    resolver.add_srv("_xmpp-server._tcp.a.example", {1, 0, 5269, "good.example"});
    resolver.fail("broken.example");
    resolver.add_address("good.example", "192.0.2.2");
    locate(std::string("a.example"));
    next();
    EXPECT_THAT(answers, ElementsAre("good.example 192.0.2.2:5269"));
}

TEST_F(LocationTest, ThousandsOfRecordsAreNotThousandsOfTries) {
    for (int i = 0; i < 5000; ++i) {
        std::string host = "h" + std::to_string(i) + ".example";
        resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, host});
        resolver.add_address(host, "192.0.2.1");
    }
    locate(std::string("a.example"));
    next(17);
    EXPECT_EQ(answers.back(), "IST-TCP-001");
    EXPECT_LE(resolver.questions().size(), 17U);
}

// XEP-0368 §3: one order for both kinds of records.
TEST_F(LocationTest, DirectTlsIsMixedInByPriorityAndComesFirstAmongEquals) {
    resolver.add_srv("_xmpp-server._tcp.a.example", {10, 0, 5269, "ten.example"});
    resolver.add_srv("_xmpp-server._tcp.a.example", {30, 0, 5269, "thirty.example"});
    resolver.add_srv("_xmpps-server._tcp.a.example", {10, 0, 5270, "ten.example"});
    resolver.add_srv("_xmpps-server._tcp.a.example", {20, 0, 443, "twenty.example"});
    for (const char* host : {"ten.example", "twenty.example", "thirty.example"}) {
        resolver.add_address(host, "192.0.2.1");
    }
    locate("a.example", true);
    next(5);
    EXPECT_THAT(answers,
                ElementsAre("tls ten.example 192.0.2.1:5270",
                            "ten.example 192.0.2.1:5269",
                            "tls twenty.example 192.0.2.1:443",
                            "thirty.example 192.0.2.1:5269",
                            "IST-TCP-001"));
    answers.clear();
    locate("a.example", false);
    next(3);
    EXPECT_THAT(
        answers,
        ElementsAre("ten.example 192.0.2.1:5269", "thirty.example 192.0.2.1:5269", "IST-TCP-001"));
}

TEST_F(LocationTest, DirectTlsAloneIsAService) {
    resolver.add_srv("_xmpps-server._tcp.a.example", {0, 0, 5270, "tls.example"});
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 0, "."});
    resolver.add_address("tls.example", "192.0.2.1");
    resolver.add_address("a.example", "192.0.2.99");
    locate("a.example", true);
    next(2);
    EXPECT_THAT(answers, ElementsAre("tls tls.example 192.0.2.1:5270", "IST-TCP-001"));

    // With no answer about the one, the other is enough; with neither it is no answer.
    answers.clear();
    resolver.fail("_xmpp-server._tcp.a.example");
    locate("a.example", true);
    next();
    EXPECT_THAT(answers, ElementsAre("tls tls.example 192.0.2.1:5270"));
    answers.clear();
    resolver.fail("_xmpps-server._tcp.a.example");
    locate("a.example", true);
    next();
    EXPECT_THAT(answers, ElementsAre("IST-DNS-004"));
}

// XEP-0368 §5
TEST_F(LocationTest, NoDirectTlsServiceMeansTheOtherRecordsAndNeverTheDomainItself) {
    resolver.add_srv("_xmpps-server._tcp.a.example", {0, 0, 0, "."});
    resolver.add_srv("_xmpp-server._tcp.a.example", {0, 0, 5269, "plain.example"});
    resolver.add_address("plain.example", "192.0.2.1");
    locate("a.example", true);
    next();
    EXPECT_THAT(answers, ElementsAre("plain.example 192.0.2.1:5269"));

    answers.clear();
    resolver.add_srv("_xmpps-server._tcp.b.example", {0, 0, 0, "."});
    resolver.add_address("b.example", "192.0.2.99");
    locate("b.example", true);
    next();
    EXPECT_THAT(answers, ElementsAre("IST-DNS-002"));
}

TEST_F(LocationTest, APlaceIsNotLookedUpAsAService) {
    locate(HostPort{"192.0.2.7", 15269});
    next(2);
    EXPECT_THAT(answers, ElementsAre("192.0.2.7 192.0.2.7:15269", "IST-TCP-001"));
    EXPECT_THAT(resolver.questions(), ElementsAre("A 192.0.2.7"));
}

}  // namespace
}  // namespace isthmus::xmpp
