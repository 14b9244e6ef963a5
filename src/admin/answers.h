// The answers that all resources of the admin API give: objects, commits, problems.
#pragma once

#include "admin/http.h"
#include "base/result.h"
#include "control/policy_service.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace isthmus::admin {

HttpResponse answer(const boost::json::value& value, int status = 200);
/// The object as it is now with its revision, or the problem.
HttpResponse committed(const Result<control::Committed>& result, int status = 200);

/// RFC 9457 problem details with our code, step and fix.
HttpResponse problem(const Error& error);
HttpResponse not_found(std::string_view path);
/// 405; `allow` as in the header field.
HttpResponse wrong_method(std::string allow);
HttpResponse wrong_body_type();

/// The body as an object; an empty body is an empty object.
Result<boost::json::object> parse_body(const HttpRequest& request);

}  // namespace isthmus::admin
