// Why a command line could not be understood, in words: what CLI11 refuses without a hint gets the
// nearest command or flag.
#pragma once

#include "cli/complaint.h"

#include <string>
#include <vector>

namespace CLI {
class App;         // NOLINT(readability-identifier-naming)
class Option;      // NOLINT(readability-identifier-naming)
class ParseError;  // NOLINT(readability-identifier-naming)
}  // namespace CLI

namespace isthmus::cli {

/// "isthmus partner get"
std::string path_of(const CLI::App& app);
/// The same without the program's name; empty for the program itself.
std::string words_of(const CLI::App& app);
/// The names of the commands below it; empty: it is a command.
std::vector<std::string> commands_of(const CLI::App& app);
/// Flags and words that may stand here: those of the command and of all above it.
std::vector<const CLI::Option*> options_of(const CLI::App& app);
/// By "--name" or "-n", there or above; null if there is none.
const CLI::Option* find_option(const CLI::App& app, const std::string& name);

/// `words` are the arguments without the program's name, `error` what the parser of `root` said.
Complaint explain_usage(const CLI::App& root,
                        const std::vector<std::string>& words,
                        const CLI::ParseError& error);

}  // namespace isthmus::cli
