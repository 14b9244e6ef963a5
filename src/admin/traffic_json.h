// Streams, SIP peers, dialogs and messages as JSON: the same in lists, in status and in events.
#pragma once

#include "control/status_service.h"
#include "control/traffic_service.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace isthmus::admin {

/// "IST-TCP-001 at tcp, 192.0.2.7:5269, 12 s ago: connection refused"
std::string sentence_of(const control::Trouble& trouble);
/// last_error: the sentence for people; last_error_code and others: the parts for programs.
void add_trouble(boost::json::object& to, const std::optional<control::Trouble>& trouble);

boost::json::object to_json(const control::StreamStatus& stream);
boost::json::object to_json(const control::PeerStatus& peer);
boost::json::object to_json(const control::SubscriptionStatus& subscription);
boost::json::object to_json(const control::DialogStatus& dialog);
/// As the event "subscriptions" tells it.
boost::json::object to_json(const control::PairNews& news);
boost::json::object to_json(const control::MessageStatus& message);

/// Null for 0.
boost::json::value time_json(std::int64_t seconds);
/// "2026-01-31T09:05:00.123Z"; null for 0.
boost::json::value time_json(double seconds);

}  // namespace isthmus::admin
