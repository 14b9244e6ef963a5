// The middle steps of a link test: a stream of its own, negotiated by the machine of live traffic
// and watched: what was offered, shown, chosen, refused.
#pragma once

#include "xmpp/environment.h"
#include "xmpp/outgoing_connection.h"
#include "xmpp/server.h"
#include "xmpp/test_step.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::xmpp {

class StreamTest final : private OutgoingConnection::Owner {
  public:
    /// `environment` must outlive it, and whatever its graveyard holds. `on_done` is called once:
    /// whether stanzas may flow.
    StreamTest(Environment& environment,
               const LinkTestOrder& order,
               StepSink sink,
               std::function<void(bool)> on_done);
    StreamTest(const StreamTest&) = delete;
    StreamTest& operator=(const StreamTest&) = delete;
    StreamTest(StreamTest&&) = delete;
    StreamTest& operator=(StreamTest&&) = delete;
    ~StreamTest() override;

    void start();

    /// The stream that is up; null if it is not (any more).
    net::ByteStream* stream() const;

  private:
    void on_features(const xml::Element& features) override;
    void on_secured(const net::PeerCertificate* shown, const std::optional<Error>& fault) override;
    void on_noted(const Error& what) override;
    void on_up(Mechanism mechanism, bool offers_management) override;

    void on_management(const management::Element& /*element*/) override {}

    void on_verified(Verdict verdict, const std::string& detail) override;
    void on_stream_written(std::uint64_t total) override;
    void on_failed(const Error& why,
                   std::string_view step,
                   bool retry,
                   bool was_external_refused) override;
    void on_ending(const Error& why) override;
    void on_gone(const Error& why) override;

    void connect();
    void drop_connection();
    void pass(TestStep step);
    void tell_stream();
    void tell_unencrypted();
    void tell_certificate(const net::PeerCertificate* shown, const std::optional<Error>& fault);
    void tell_auth(std::optional<Mechanism> up);
    std::string call_back() const;
    std::string_view failed_at(const Error& why, std::string_view step) const;
    Duration lap();

    Environment& environment_;
    const LinkTestOrder& order_;
    StepSink sink_;
    std::function<void(bool)> on_done_;
    std::unique_ptr<OutgoingConnection> connection_;
    Timer again_;
    TimePoint lap_{};
    std::size_t told_ = 0;  ///< steps of this part that have been told
    bool try_external_ = true;
    bool is_secure_ = false;
    bool is_up_ = false;
    std::string clear_features_;
    std::string features_;  ///< the newest
    std::optional<Error> external_refusal_;
    std::vector<Error> notes_;
};

}  // namespace isthmus::xmpp
