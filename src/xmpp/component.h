// Component mode: one stream to an XMPP server that routes a whole domain to us. XEP-0114.
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "xmpp/environment.h"
#include "xmpp/incoming_connection.h"
#include "xmpp/link.h"
#include "xmpp/locate.h"
#include "xmpp/stream_connection.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

/// XEP-0114 §3: SHA-1 over stream id and secret.
std::string component_handshake(std::string_view stream_id, std::string_view secret);

/// The link of the component domain, kept up for ever. What the server routes to us is believed to
/// come from where it says; what goes out goes to the server, whatever its domain.
class Component final : public Link {
  public:
    Component(Environment& environment, StanzaSink& sink);
    ~Component() override;

    void start();

    const std::string& domain() const { return environment().config.component_domain; }

    LinkStatus status() const override;
    bool close_stream() override;
    /// In order, if nothing is on its way; for draining.
    void close_if_idle();

  private:
    class Connection;

    void on_waiting() override {}

    const Error* refusal() override { return nullptr; }

    void on_stalled(const Error& why) override;
    void on_drained() override;
    std::string last_trouble() const override;
    void on_target(Result<Target> target);
    void on_connected(Result<std::unique_ptr<net::ByteStream>> stream);
    void on_up();
    void on_down(const Error& why);
    void remember(const StreamName& name, std::string_view step);
    void retry_later();

    StanzaSink& sink_;
    std::unique_ptr<Location> location_;
    std::unique_ptr<net::Pending> connecting_;
    std::unique_ptr<Connection> connection_;
    Timer retry_;
    StanzaCounters incoming_counters_;
    unsigned failures_ = 0;
    bool is_closing_ = false;
    std::optional<Error> last_error_;  ///< since it was last up
    std::optional<LinkTrouble> trouble_;
};

}  // namespace isthmus::xmpp
