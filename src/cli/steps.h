// Steps of tests and checks of the doctor, as people read them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace isthmus::cli {

/// A text of an answer, with controls escaped: peers may have sent it. Empty if it is none.
std::string shown(const boost::json::value& value);
std::string text_of(const boost::json::object& object, const char* name);

/// One line, below it evidence and fix where something is wrong (or `is_verbose`).
void print_step(const boost::json::object& step, bool is_verbose);
/// The same without number and time.
void print_check(const boost::json::object& check, bool is_verbose);

}  // namespace isthmus::cli
