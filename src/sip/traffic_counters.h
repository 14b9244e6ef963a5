// The SIP metrics, each looked up once and then kept, so that counting a message is an addition.
#pragma once

#include "base/metrics.h"
#include "sip/message.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

class TrafficCounters {
  public:
    enum class Direction : std::uint8_t { In, Out };

    TrafficCounters(metrics::Registry& registry, std::vector<std::string> peer_names);

    void request(int peer, Direction direction, Method method) {
        counter(requests_, request_index(peer, direction, method), &TrafficCounters::add_request)
            .add();
    }

    void response(int peer, Direction direction, Method method, int status) {
        counter(responses_,
                request_index(peer, direction, method) * kClasses + class_of(status),
                &TrafficCounters::add_response)
            .add();
    }

    /// Of requests, either way.
    void retransmission(int peer) { retransmissions_[label_index(peer)]->add(); }

    void connection(int peer, Transport transport, Direction direction, std::int64_t change);

    metrics::Histogram& duration(Method method) {
        return *durations_[static_cast<std::size_t>(method)];
    }

    metrics::Counter& malformed() { return *malformed_; }

    /// A response, CANCEL or ACK that belongs to nothing.
    metrics::Counter& stray() { return *stray_; }

    /// Datagrams and connections of strangers that were not served.
    metrics::Counter& refused_strangers() { return *refused_strangers_; }

    metrics::Counter& refused_connections() { return *refused_connections_; }

    metrics::Counter& overload() { return *overload_; }

    /// The gateway answered after the client had given up (RFC 4320).
    metrics::Counter& late() { return *late_; }

    metrics::Gauge& transactions() { return *transactions_; }

  private:
    static constexpr std::size_t kMethods = static_cast<std::size_t>(Method::Update) + 1;
    static constexpr std::size_t kClasses = 6;

    using Table = std::vector<metrics::Counter*>;

    std::size_t label_index(int peer) const;
    std::string_view label(std::size_t index) const;

    std::size_t request_index(int peer, Direction direction, Method method) const {
        return (label_index(peer) * 2 + static_cast<std::size_t>(direction)) * kMethods +
               static_cast<std::size_t>(method);
    }

    static std::size_t class_of(int status) { return static_cast<std::size_t>(status / 100) - 1; }

    metrics::Counter& counter(Table& table,
                              std::size_t index,
                              metrics::Counter& (TrafficCounters::*add)(std::size_t)) {
        metrics::Counter*& known = table[index];
        if (known == nullptr) {
            known = &(this->*add)(index);
        }
        return *known;
    }

    metrics::Counter& add_request(std::size_t index);
    metrics::Counter& add_response(std::size_t index);

    metrics::Registry& registry_;
    std::vector<std::string> peer_names_;
    Table requests_;
    Table responses_;
    Table retransmissions_;
    std::vector<metrics::Histogram*> durations_;
    metrics::Counter* malformed_;
    metrics::Counter* stray_;
    metrics::Counter* refused_strangers_;
    metrics::Counter* refused_connections_;
    metrics::Counter* overload_;
    metrics::Counter* late_;
    metrics::Gauge* transactions_;
};

}  // namespace isthmus::sip
