// The SIP user agents of many users behind one peer: sends MESSAGE requests over its persistent
// connections, and answers every request that comes in over any of them with 200.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/ledger.h"
#include "load/loop.h"
#include "load/message_template.h"
#include "load/raw.h"

namespace isthmus::bench {

struct Domains {
    std::string sip = "contoso.example";
    std::string xmpp = "fabrikam.example";
};

class SipSide : public Session {
  public:
    SipSide(Loop& loop, Ledger& ledger, SSL_CTX* tls, Domains domains);

    int listen(bool is_tls);
    void connect(const std::string& address, int port, bool is_tls);
    [[nodiscard]] bool is_connected() const;

    [[nodiscard]] std::size_t request_size() const { return request(false).size(); }

    void use_raw(const RawSizes& sizes) { raw_ = sizes; }

    // Renders as many messages as the ledger allows.
    void send(std::uint64_t now);

    void on_input(Connection& connection) override;
    void on_closed(Connection& connection) override;

  private:
    struct Headers;

    [[nodiscard]] MessageTemplate request(bool is_tls) const;
    void take_raw(Connection& connection);
    std::size_t take_message(Connection& connection, std::string_view input, std::uint64_t now);
    void answer(Connection& connection, const Headers& headers);

    Loop& loop_;
    Ledger& ledger_;
    SSL_CTX* tls_;
    Domains domains_;
    RawSizes raw_;
    RawCounter raw_counter_;
    std::optional<MessageTemplate> message_;
    std::vector<Connection*> outgoing_;
    std::size_t turn_ = 0;
    int listening_port_ = 0;
};

}  // namespace isthmus::bench
