// Compares a result of `isthmus translate` with the `expect` of a vector: null and empty lists must
// be absent, members not named are not checked, X_any_of, X_contains and X_regex say what X may be.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::tests {

/// Empty if the result is as expected, else what is wrong. `raw` is the whole result as text, for
/// what must occur nowhere.
std::vector<std::string> compare(const boost::json::object& expect,
                                 const boost::json::value* result,
                                 std::string_view raw);

}  // namespace isthmus::tests
