// One pending MESSAGE per target (RFC 3428 §8): further ones wait in order, bounded in number and
// age, in sight. Pure: it calls the sender it was given and never looks at the network.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "sip/message.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

class Outbox {
  public:
    class Sender {
      public:
        virtual ~Sender() = default;
        /// Puts the request on the wire; finished() must follow for its target.
        virtual void transmit(const sip::OutgoingRequest& request, std::uint64_t cookie) = 0;
        /// It waited longer than the patience and was never sent.
        virtual void on_expired(std::uint64_t cookie) = 0;
    };

    struct Limits {
        std::size_t per_target = 100;
        std::size_t total = 100000;
        Duration patience = std::chrono::seconds(30);
    };

    enum class Fate : std::uint8_t { Sent, Queued, Full };

    struct Submitted {
        Fate fate = Fate::Full;
        std::uint32_t target = 0;  ///< for finished(); valid for Sent and Queued
    };

    Outbox(Sender& sender, Timers& timers, Limits limits);
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    Outbox(Outbox&&) = delete;
    Outbox& operator=(Outbox&&) = delete;
    ~Outbox();

    /// Transmits at once if nothing is pending for its Request-URI, else keeps a copy.
    Submitted submit(const sip::OutgoingRequest& request, std::uint64_t cookie) {
        return submit(request, cookie, request.request_uri);
    }

    /// The same for a target that is not the Request-URI alone.
    Submitted submit(const sip::OutgoingRequest& request,
                     std::uint64_t cookie,
                     std::string_view key);
    /// The pending request of that target (see Submitted) has its outcome: the next one goes out.
    void finished(std::uint32_t index);

    /// Whether something is pending for that Request-URI, so that submit() would queue.
    bool is_pending(std::string_view uri) const { return find(uri) != kNone; }

    std::size_t queued() const { return queued_; }

    /// Age of the oldest waiting message, zero if none.
    Duration oldest() const;

  private:
    struct Item;

    struct Target {
        std::string uri;
        std::uint64_t hash = 0;
        std::uint32_t next_in_bucket = kNone;
        bool is_pending = false;
        Item* first = nullptr;
        Item* last = nullptr;
        std::size_t waiting = 0;
    };

    static constexpr std::uint32_t kNone = 0xffffffffU;

    std::uint32_t find(std::string_view uri) const;
    std::uint32_t find_or_make(std::string_view uri);
    void forget(std::uint32_t index);
    void rehash();
    Item* take_first(Target& target);
    void send_next(std::uint32_t index);
    void expire();
    void arm();

    Sender& sender_;
    Timers& timers_;
    Limits limits_;
    KeyedHash hash_;
    std::vector<Target> targets_;
    std::vector<std::uint32_t> free_targets_;
    std::vector<std::uint32_t> buckets_;
    std::vector<std::unique_ptr<Item>> pool_;
    // All waiting items in order of arrival, so that the oldest is at the front.
    Item* oldest_ = nullptr;
    Item* newest_ = nullptr;
    std::size_t queued_ = 0;
    std::size_t live_targets_ = 0;
    Timer expiry_;
};

}  // namespace isthmus::gateway
