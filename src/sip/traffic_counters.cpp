#include "sip/traffic_counters.h"

#include <utility>

namespace isthmus::sip {

namespace {

std::string_view name_of(TrafficCounters::Direction direction) {
    return direction == TrafficCounters::Direction::In ? "in" : "out";
}

std::string_view method_label(Method method) {
    return method == Method::Other ? "other" : method_name(method);
}

}  // namespace

TrafficCounters::TrafficCounters(metrics::Registry& registry, std::vector<std::string> peer_names)
    : registry_(registry), peer_names_(std::move(peer_names)) {
    const std::size_t labels = peer_names_.size() + 2;  // "unknown" first, "other" last
    requests_.resize(labels * 2 * kMethods);
    responses_.resize(requests_.size() * kClasses);
    for (std::size_t i = 0; i < labels; ++i) {
        retransmissions_.push_back(&registry_.counter("isthmus_sip_retransmits_total",
                                                      "SIP requests sent or received again",
                                                      {{"peer", label(i)}}));
    }
    for (std::size_t i = 0; i < kMethods; ++i) {
        durations_.push_back(&registry_.histogram("isthmus_sip_transaction_duration_seconds",
                                                  "From a request to its final response",
                                                  {{"method", method_label(Method(i))}}));
    }
    malformed_ =
        &registry_.counter("isthmus_sip_malformed_total", "SIP messages refused as broken");
    stray_ = &registry_.counter("isthmus_sip_stray_total",
                                "Responses, CANCELs and ACKs that belong to no transaction");
    refused_strangers_ =
        &registry_.counter("isthmus_sip_strangers_limited_total",
                           "Messages from unknown addresses that were over their rate");
    refused_connections_ =
        &registry_.counter("isthmus_sip_connections_refused_total", "Connections over the limits");
    overload_ =
        &registry_.counter("isthmus_sip_overload_total", "Requests answered 503 by the gateway");
    late_ = &registry_.counter("isthmus_sip_late_total",
                               "Requests whose answer was not ready before the client gave up");
    transactions_ =
        &registry_.gauge("isthmus_sip_transactions", "SIP transactions without final response");
}

std::size_t TrafficCounters::label_index(int peer) const {
    if (peer < 0) {
        return 0;
    }
    auto index = static_cast<std::size_t>(peer) + 1;
    return index <= peer_names_.size() ? index : peer_names_.size() + 1;
}

std::string_view TrafficCounters::label(std::size_t index) const {
    if (index == 0) {
        return "unknown";
    }
    return index <= peer_names_.size() ? std::string_view(peer_names_[index - 1]) : "other";
}

void TrafficCounters::connection(int peer,
                                 Transport transport,
                                 Direction direction,
                                 std::int64_t change) {
    registry_
        .gauge("isthmus_sip_connections",
               "Open SIP connections",
               {{"peer", label(label_index(peer))},
                {"transport", transport_name(transport)},
                {"direction", name_of(direction)}})
        .add(change);
}

metrics::Counter& TrafficCounters::add_request(std::size_t index) {
    auto method = Method(index % kMethods);
    auto direction = Direction(index / kMethods % 2);
    return registry_.counter("isthmus_sip_requests_total",
                             "SIP requests, retransmissions not counted",
                             {{"peer", label(index / kMethods / 2)},
                              {"direction", name_of(direction)},
                              {"method", method_label(method)}});
}

metrics::Counter& TrafficCounters::add_response(std::size_t index) {
    static constexpr std::string_view kClassNames[kClasses] = {
        "1xx", "2xx", "3xx", "4xx", "5xx", "6xx"};
    const std::size_t request = index / kClasses;
    auto method = Method(request % kMethods);
    auto direction = Direction(request / kMethods % 2);
    return registry_.counter("isthmus_sip_responses_total",
                             "SIP responses, retransmissions not counted",
                             {{"peer", label(request / kMethods / 2)},
                              {"direction", name_of(direction)},
                              {"method", method_label(method)},
                              {"code_class", kClassNames[index % kClasses]}});
}

}  // namespace isthmus::sip
