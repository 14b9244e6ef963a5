// The link from one of our domains to one of a partner: dialled on demand, tried again while
// stanzas wait, closed for a while to all when waiting cannot help. Traffic thread.
#pragma once

#include "base/clock.h"
#include "xmpp/environment.h"
#include "xmpp/link.h"
#include "xmpp/outgoing_connection.h"

#include <memory>
#include <optional>
#include <string>

namespace isthmus::xmpp {

class OutgoingLink final : public Link, private OutgoingConnection::Owner {
  public:
    OutgoingLink(Environment& environment, std::string local, std::string remote);
    ~OutgoingLink() override;

    const std::string& local() const { return local_; }

    const std::string& remote() const { return remote_; }

    LinkStatus status() const override;
    bool close_stream() override;
    /// The domain is no partner any more.
    void expel();
    /// Its settings may have changed: what has failed before may go well now.
    void try_afresh();
    /// In order, if nothing is on its way.
    void close_if_idle();

  private:
    void on_waiting() override;
    const Error* refusal() override;
    void on_stalled(const Error& why) override;
    void on_drained() override;
    std::string last_trouble() const override;
    void on_up(Mechanism mechanism) override;
    void on_verified(Verdict verdict, const std::string& detail) override;
    void on_stream_written(std::uint64_t total) override;
    void on_failed(const Error& why,
                   std::string_view step,
                   bool retry,
                   bool was_external_refused) override;
    void on_ending(const Error& why) override;
    void on_gone(const Error& why) override;
    void connect();
    void connect_later();
    void drop_connection();
    /// Before the connection goes: it knows where it led.
    void remember(std::string_view step, const Error& why);

    std::string local_;
    std::string remote_;
    std::unique_ptr<OutgoingConnection> connection_;
    Timer retry_;
    TimePoint not_before_{};    ///< of the next attempt
    TimePoint refuse_until_{};  ///< after a failure that waiting does not mend
    unsigned failures_ = 0;
    bool try_external_ = true;
    std::optional<Mechanism> mechanism_;
    std::optional<Error> last_error_;  ///< since it was last up
    std::optional<LinkTrouble> trouble_;
};

}  // namespace isthmus::xmpp
