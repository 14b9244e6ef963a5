// Why a command line could not be understood, in words: what CLI11 refuses without a hint gets the
// nearest command or flag.
#pragma once

#include "cli/complaint.h"

#include <string>
#include <vector>

namespace CLI {
class App;         // NOLINT(readability-identifier-naming)
class ParseError;  // NOLINT(readability-identifier-naming)
}  // namespace CLI

namespace isthmus::cli {

/// `words` are the arguments without the program's name, `error` what the parser of `root` said.
Complaint explain_usage(const CLI::App& root,
                        const std::vector<std::string>& words,
                        const CLI::ParseError& error);

}  // namespace isthmus::cli
