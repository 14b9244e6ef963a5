// The properties of objects as flags of the command line.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>

namespace isthmus::cli {

/// "--partner-type" is "partner_type".
struct Property {
    enum class Type : std::uint8_t { Text, Flag, Number, List, Secret };

    const char* name;
    Type type;
    const char* help;

    std::string flag() const;
    /// As the help shows what stands behind the flag.
    const char* type_name() const;
    /// As the API wants it; of a text "-" the first line of the standard input. A secret is "-",
    /// and read when it is needed. Throws CLI::ValidationError.
    boost::json::value value_of(const std::string& text) const;
};

}  // namespace isthmus::cli
