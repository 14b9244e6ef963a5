// Which devices each user can be reached at. RFC 3261 §10.3, RFC 5626 §6, RFC 5627 §5; [MS-SIPREGE]
// for Lync clients. Pure but for the clock: who asks is proved before.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "sip/message.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "home/device.h"

namespace isthmus::home {

struct RegistrarConfig {
    std::uint32_t default_expires = 3600;
    std::uint32_t least_expires = 60;  ///< below: 423
    std::uint32_t greatest_expires = 7200;
    std::size_t devices_per_user = 10;  ///< beyond: the one that expires first makes way
    std::size_t max_devices = 100'000;  ///< beyond: 503
};

/// Why a device is no longer there.
enum class Departure : std::uint8_t {
    SignedOut,  ///< Expires 0
    Expired,
    FlowGone,   ///< its connection
    Replaced,   ///< by himself, on another connection
    Crowded,    ///< he has too many devices; this one's time would have been over first
    Silent,     ///< it answers nothing
    Dismissed,  ///< policy, or an administrator
};

class RegistrarHandler {
  public:
    virtual ~RegistrarHandler() = default;
    /// Called within on_register().
    virtual void on_arrival(const std::string& user, Device& device) = 0;
    /// The device goes when this returns; never called from within itself.
    virtual void on_departure(const std::string& user, Device& device, Departure why) = 0;
};

class Registrar {
  public:
    Registrar(RegistrarConfig config, Timers& timers, Random& random, RegistrarHandler& handler);

    /// Answers it.
    void on_register(const sip::Request& request,
                     const sip::Origin& origin,
                     const Caller& caller,
                     sip::IncomingRequest& transaction);

    /// His devices; null if there is none. Valid until the next call that changes something.
    const std::vector<std::unique_ptr<Device>>* devices(std::string_view user) const;
    Device* find(std::uint64_t id) const;
    /// Whose device that is; empty: nobody's.
    std::string_view user_of(std::uint64_t id) const;

    void on_flow_closed(std::uint64_t flow);
    /// All of his, or the one.
    void dismiss(std::string_view user);
    void dismiss_device(std::uint64_t id, Departure why);

    /// Everybody who has a device, in no order.
    template <class Take>
    void for_each_user(Take take) const {
        for (const auto& [user, devices] : by_user_) {
            take(user);
        }
    }

    std::size_t size() const { return by_id_.size(); }

    std::size_t users() const { return by_user_.size(); }

    /// Of a SIP request: from a client that speaks the Lync dialect.
    static bool is_from_lync(const sip::Request& request);

  private:
    using Devices = std::vector<std::unique_ptr<Device>>;

    struct Asked;
    struct Wish;

    void remove(std::string_view user, std::uint64_t id, Departure why);
    void report_full(std::string_view user);
    void schedule(const Device& device);
    void on_time();
    int read(const sip::Request& request, Wish& into) const;
    int bind(const sip::Request& request,
             const sip::Origin& origin,
             const Caller& caller,
             const Asked& asked);
    void answer(const sip::Request& request,
                const Caller& caller,
                sip::IncomingRequest& transaction,
                sip::Transport transport) const;
    std::string gruu_of(std::string_view user, std::string_view instance) const;

    RegistrarConfig config_;
    Timers& timers_;
    RegistrarHandler& handler_;
    std::string gruu_key_;
    std::unordered_map<std::string, Devices> by_user_;
    std::unordered_map<std::uint64_t, std::string> by_id_;  ///< whose it is
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> by_flow_;
    std::set<std::pair<TimePoint, std::uint64_t>> by_expiry_;
    std::uint64_t last_id_ = 0;
    TimePoint next_report_{};
    Timer timer_;
};

}  // namespace isthmus::home
