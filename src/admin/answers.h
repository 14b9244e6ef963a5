// The answers that all resources of the admin API give: objects, commits, problems.
#pragma once

#include "admin/http.h"
#include "base/result.h"
#include "control/edit.h"
#include "control/policy_service.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace isthmus::admin {

HttpResponse answer(const boost::json::value& value, int status = 200);
/// {"items": [...], "total": n} of a list that has no pages.
HttpResponse answer_all(boost::json::array items);
/// One object, with its ETag.
HttpResponse answer_object(const boost::json::object& object);
/// The object as it is now with its revision and warnings, or the problem.
HttpResponse committed(const Result<control::Committed>& result, int status = 200);
/// The same of a change of several objects, which have no ETag together.
HttpResponse committed_all(const Result<control::Committed>& result);
/// {"id": ...} of what was steered, or the problem.
HttpResponse steered(const Result<void>& done, std::string_view id);
/// Syntax with IST-API-001 if a request that cannot be tried out asks for a trial, well spelt or
/// not: who is not told would have made the change.
Result<void> check_no_trial(const HttpRequest& request);
/// ?dry_run, ?force, ?reason and If-Match of a request that changes something.
Result<control::Edit> edit_of(const HttpRequest& request);

/// ?limit and ?offset; Syntax with IST-API-001 if they are no numbers, or limit is 0 or over
/// `most`.
struct Paging {
    std::size_t limit;
    std::size_t offset;
};

Result<Paging> paging_of(const HttpRequest& request, std::size_t usual, std::size_t most);
/// Empty if it was not given.
std::string query_of(const HttpRequest& request, std::string_view name);

/// A parameter that is true or false, `usual` if it is not given; IST-API-001.
Result<bool> flag_of(const HttpRequest& request, std::string_view name, bool usual);

/// RFC 9457 problem details with our code, step and fix. `field`: of the body, that is at fault,
/// where it is not the one that the sentence begins with.
HttpResponse problem(const Error& error, std::string_view field = {});
HttpResponse not_found(std::string_view path);
/// 405; `allow` as in the header field.
HttpResponse wrong_method(std::string allow);
HttpResponse wrong_body_type();

/// The body as an object; an empty body is an empty object.
Result<boost::json::object> parse_body(const HttpRequest& request);

}  // namespace isthmus::admin
