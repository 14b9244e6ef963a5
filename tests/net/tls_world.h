// Two ends of a real connection, each with a certificate of one authority.
#pragma once

#include "net/tls_context.h"
#include "support/certificates.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "party.h"

namespace isthmus::net {

using test::Certificate;
using test::CertificateAuthority;

class Tls : public ::testing::Test, public RealWire {
  protected:
    std::shared_ptr<const TlsContext> context(const Certificate& own,
                                              const std::string& intermediates = "") const {
        return TlsContext::create({.certificate_chain_pem = own.certificate_pem + intermediates,
                                   .private_key_pem = own.key_pem,
                                   .trust_system = false,
                                   .extra_ca_pems = {authority.pem()}})
            .value();
    }

    void start_both(TlsOptions client_options = {}, TlsOptions server_options = {}) {
        client_options.role = TlsRole::Client;
        server_options.role = TlsRole::Server;
        server.stream->start_tls(theirs, server_options);
        client.stream->start_tls(ours, client_options);
    }

    bool secure() {
        connect();
        start_both();
        return loop.run_until([&] {
            return (client.secured || client.closed) && (server.secured || server.closed);
        }) && client.secured &&
               server.secured;
    }

    /// What the server side finds out about a client that shows `own`.
    PeerCertificate seen_by_server(const Certificate& own, const std::string& intermediates = "") {
        client = {};
        server = {};
        ours = context(own, intermediates);
        EXPECT_TRUE(secure());
        const PeerCertificate* seen = server.stream->peer_certificate();
        return seen == nullptr ? PeerCertificate{} : *seen;
    }

    CertificateAuthority authority;
    std::shared_ptr<const TlsContext> ours = context(authority.issue_for("contoso.example"));
    std::shared_ptr<const TlsContext> theirs = context(authority.issue_for("fabrikam.example"));
};

}  // namespace isthmus::net
