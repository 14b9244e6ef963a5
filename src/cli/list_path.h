// The path of a list, with what the flags ask of it.
#pragma once

#include "cli/api_client.h"
#include "cli/program.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string>

namespace isthmus::cli {

/// Of `filters`, which are flags and parameters of the query under one name, those that were given.
inline std::string list_path(const Program& program,
                             const char* resource,
                             std::initializer_list<const char*> filters) {
    std::string made = resource;
    for (const char* name : filters) {
        if (const std::string& value = program.given(name); !value.empty()) {
            made += fmt::format("{}{}={}",
                                made.find('?') == std::string::npos ? '?' : '&',
                                name + 2,
                                encode_segment(value));
        }
    }
    return made;
}

}  // namespace isthmus::cli
