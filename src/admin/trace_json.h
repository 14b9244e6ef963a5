// Recordings of traffic as JSON.
#pragma once

#include "control/trace_service.h"

#include <boost/json/object.hpp>

namespace isthmus::admin {

boost::json::object to_json(const control::TraceInfo& trace);
/// Every text that came from the wire is fit to be shown.
boost::json::object to_json(const control::TraceEvent& event);

}  // namespace isthmus::admin
