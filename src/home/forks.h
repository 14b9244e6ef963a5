// One request to all devices of a user, one answer to whoever sent it: the first success, else the
// best of the failures. RFC 3261 §16.7, RFC 3428 §6; RFC 4320. Traffic thread only.
#pragma once

#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "home/device.h"
#include "home/outside.h"

namespace isthmus::home {

class Forks final : private sip::ResponseHandler {
  public:
    /// The way into the session of a device.
    using InSession = std::function<void(const Device& device,
                                         const sip::OutgoingRequest& request,
                                         sip::ResponseHandler& handler,
                                         std::uint64_t cookie)>;

    /// `on_outcome` hears of each device whether it has answered.
    Forks(Outside& outside,
          InSession in_session,
          std::function<void(std::uint64_t device, bool has_answered)> on_outcome)
        : outside_(outside),
          in_session_(std::move(in_session)),
          on_outcome_(std::move(on_outcome)) {}

    /// `devices` is not empty; the one with the id `in_session`, if any, gets it in its session.
    /// Answers `transaction` later, always.
    void send(const sip::Request& request,
              std::span<const Device* const> devices,
              std::unique_ptr<sip::IncomingRequest> transaction,
              std::uint64_t in_session = 0);

    std::size_t pending() const { return forks_.size(); }

    /// Forgets all without an answer: the wings are about to go.
    void abandon() { forks_.clear(); }

  private:
    struct Fork {
        std::unique_ptr<sip::IncomingRequest> transaction;  ///< null: it has its answer
        std::vector<std::uint64_t> devices;
        std::size_t open = 0;
        int best = 0;
        std::string retry_after;
        std::string accept;
    };

    static constexpr unsigned kBranchBits = 8;

    void on_response(std::uint64_t cookie, const sip::Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;
    void conclude(std::uint64_t id, int status, const sip::Response* response);

    Outside& outside_;
    InSession in_session_;
    std::function<void(std::uint64_t, bool)> on_outcome_;
    std::unordered_map<std::uint64_t, Fork> forks_;
    std::uint64_t last_ = 0;
};

/// From or To of a request as the field of another one: without tag, which goes apart.
std::string without_tag(const sip::NameAddr& address);

/// The headers that go on with a request as they are: none of the hop, of the dialog, of ours.
std::vector<sip::OutgoingHeader> passed_headers(const sip::Request& request);

}  // namespace isthmus::home
