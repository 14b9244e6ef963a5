// Steps of tests and checks of the doctor, as people read them.
#pragma once

#include <boost/json/object.hpp>

namespace isthmus::cli {

/// Of a command that has done its work and found something wrong.
inline constexpr int kFoundFailure = 3;

/// One line, below it evidence and fix where something is wrong (or `is_verbose`).
void print_step(const boost::json::object& step, bool is_verbose);
/// The same without number and time.
void print_check(const boost::json::object& check, bool is_verbose);

}  // namespace isthmus::cli
