// The SIP user agents of many users behind one peer: sends requests over its persistent
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
#include "load/people.h"
#include "load/raw.h"
#include "load/text_sessions.h"
#include "load/watches.h"

namespace isthmus::bench {

class SipSide : public Session {
  public:
    SipSide(Loop& loop, Ledgers& ledgers, SSL_CTX* tls, const People& people);

    int listen(bool is_tls);
    void connect(const std::string& address, int port, bool is_tls);
    [[nodiscard]] bool is_connected() const;

    [[nodiscard]] std::size_t request_size() const { return request(false).size(); }

    void use_raw(const RawSizes& sizes) { raw_ = sizes; }

    Watches& watches() { return watches_; }

    TextSessions& sessions() { return sessions_; }

    // Renders as many messages, or states, as the ledger of that kind allows.
    void send(Kind kind, std::uint64_t now);
    // One of each, at once; nobody counts the notice.
    void send_subscribe(std::uint32_t pair);
    void send_typing(std::uint32_t pair);
    void send_invite(std::uint32_t pair);

    void on_input(Connection& connection) override;
    void on_closed(Connection& connection) override;

  private:
    [[nodiscard]] MessageTemplate request(bool is_tls) const;
    [[nodiscard]] MessageTemplate typing() const;
    void take_raw(Connection& connection);
    std::size_t take_message(Connection& connection, std::string_view input, std::uint64_t now);
    void take_response(Connection& connection,
                       std::string_view message,
                       const SipHeaders& headers,
                       std::uint64_t now);
    void take_request(Connection& connection,
                      std::string_view message,
                      std::string_view body,
                      const SipHeaders& headers,
                      std::uint64_t now);
    Connection* next_connection();

    Loop& loop_;
    Ledgers& ledgers_;
    SSL_CTX* tls_;
    const People& people_;
    RawSizes raw_;
    RawCounter raw_counter_;
    std::optional<MessageTemplate> message_, typing_;
    std::vector<Connection*> outgoing_;
    std::size_t turn_ = 0;
    int listening_port_ = 0;
    std::uint64_t typing_number_ = std::uint64_t{0xe} << kind_shift;
    Watches watches_;
    TextSessions sessions_;
};

}  // namespace isthmus::bench
