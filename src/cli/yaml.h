// Values as YAML: read back by any parser of YAML 1.1 or 1.2, they are what they were.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace isthmus::cli {

/// Blocks of lines; with a line end.
std::string to_yaml(const boost::json::value& value);

}  // namespace isthmus::cli
