// Two sessions of TLS that talk to each other in memory.
#pragma once

#include "net/tls_context.h"
#include "net/tls_session.h"
#include "support/certificates.h"

#include <memory>
#include <string>
#include <utility>

namespace isthmus::net {

inline std::shared_ptr<const TlsContext> context_of(const test::CertificateAuthority& authority,
                                                    const test::Certificate& own) {
    return TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                               .private_key_pem = own.key_pem,
                               .trust_system = false,
                               .extra_ca_pems = {authority.pem()}})
        .value();
}

/// Shakes hands when it is made. What the server says behind that (its ticket) is read, too.
class SessionPair {
  public:
    SessionPair(std::shared_ptr<const TlsContext> ours,
                std::shared_ptr<const TlsContext> theirs,
                TlsOptions options = {.server_name = "fabrikam.example"})
        : client(std::move(ours), std::move(options)),
          server(std::move(theirs), {.role = TlsRole::Server}) {
        client_step = client.handshake();
        for (int i = 0; i < 10 && !is_over(); ++i) {
            pass(client, server, server_step);
            pass(server, client, client_step);
        }
        if (client_step == TlsSession::Step::Done) {
            Buffer plain;
            client.decrypt(client.incoming().view(), plain);
            client.decrypt(server.outgoing().view(), plain);
        }
    }

    bool is_up() const {
        return client_step == TlsSession::Step::Done && server_step == TlsSession::Step::Done;
    }

    bool is_resumed() const { return is_up() && client.is_resumed() && server.is_resumed(); }

    TlsSession client;
    TlsSession server;
    TlsSession::Step client_step = TlsSession::Step::NeedsInput;
    TlsSession::Step server_step = TlsSession::Step::NeedsInput;

  private:
    bool is_over() const {
        return client_step == TlsSession::Step::Failed || server_step == TlsSession::Step::Failed ||
               is_up();
    }

    static void pass(TlsSession& from, TlsSession& to, TlsSession::Step& step) {
        to.incoming().append(from.outgoing().view());
        from.outgoing().clear();
        if (step == TlsSession::Step::NeedsInput) {
            step = to.handshake();
        }
    }
};

}  // namespace isthmus::net
