// Of several certificates the one that names what the peer asks for is shown.
#include <gtest/gtest.h>

#include "tls_world.h"

namespace isthmus::net {
namespace {

class OwnCertificates : public Tls {
  protected:
    std::shared_ptr<const TlsContext> both() const {
        const Certificate first = authority.issue_for("contoso.example");
        const Certificate second = authority.issue_for("northwind.example");
        return TlsContext::create({.certificate_chain_pem = first.certificate_pem,
                                   .private_key_pem = first.key_pem,
                                   .more_certificates = {{second.certificate_pem, second.key_pem}},
                                   .trust_system = false,
                                   .extra_ca_pems = {authority.pem()}})
            .value();
    }

    bool shake(const TlsOptions& client_options, const TlsOptions& server_options = {}) {
        client = {};
        server = {};
        connect();
        start_both(client_options, server_options);
        return loop.run_until([&] {
            return (client.secured || client.closed) && (server.secured || server.closed);
        }) && client.secured &&
               server.secured;
    }

    std::string shown_by_server(const std::string& sni, const std::string& own_name = {}) {
        EXPECT_TRUE(shake({.server_name = sni}, {.own_name = own_name}));
        const PeerCertificate* seen = client.stream->peer_certificate();
        return seen == nullptr || seen->dns_names.empty() ? "" : seen->dns_names.front();
    }
};

TEST_F(OwnCertificates, AServerFollowsTheNameThatIsAskedFor) {
    theirs = both();
    EXPECT_EQ(shown_by_server("contoso.example"), "contoso.example");
    EXPECT_EQ(shown_by_server("northwind.example"), "northwind.example");
    EXPECT_EQ(shown_by_server("Northwind.Example"), "northwind.example");
    EXPECT_EQ(shown_by_server("stranger.example"), "contoso.example");
    EXPECT_EQ(shown_by_server(""), "contoso.example");
}

TEST_F(OwnCertificates, WithoutServerNameTheDomainOfTheStreamCounts) {
    theirs = both();
    EXPECT_EQ(shown_by_server("", "northwind.example"), "northwind.example");
    EXPECT_EQ(shown_by_server("contoso.example", "northwind.example"), "contoso.example");
    EXPECT_EQ(shown_by_server("xmpp7.hosting.example", "northwind.example"), "northwind.example");
}

TEST_F(OwnCertificates, AClientShowsThatOfItsDomain) {
    ours = both();
    for (const char* name : {"northwind.example", "contoso.example"}) {
        ASSERT_TRUE(shake({.server_name = "fabrikam.example", .own_name = name}));
        ASSERT_NE(server.stream->peer_certificate(), nullptr);
        EXPECT_EQ(server.stream->peer_certificate()->dns_names.front(), name);
        EXPECT_TRUE(server.stream->peer_certificate()->is_trusted);
    }
}

TEST_F(OwnCertificates, EachMustBeAPair) {
    const Certificate first = authority.issue_for("contoso.example");
    const Certificate second = authority.issue_for("northwind.example");
    EXPECT_FALSE(TlsContext::create({.certificate_chain_pem = first.certificate_pem,
                                     .private_key_pem = first.key_pem,
                                     .more_certificates = {{second.certificate_pem, first.key_pem}},
                                     .trust_system = false}));
}

}  // namespace
}  // namespace isthmus::net
