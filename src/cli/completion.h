// What could stand where the cursor is: commands, flags, values. The scripts of the shells call
// `isthmus __complete WORD...` for it.
#pragma once

#include "cli/api_client.h"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;  // NOLINT(readability-identifier-naming)
}

namespace isthmus::cli {

class Program;

struct Candidate {
    std::string text;
    std::string about;  ///< a few words; may be empty
};

/// Alone in the answer: the shell offers the names of files.
inline constexpr std::string_view kFiles = ":files";

/// `words` are those behind the program's name; the last is being typed and may be empty. Names of
/// objects are asked of the daemon of `server` or of the flags among the words, for a second at
/// most; without an answer there are none.
std::vector<Candidate> complete(const CLI::App& root,
                                Server server,
                                const std::vector<std::string>& words);
/// The same for the words behind `cs`, from the table of cmdlets.
std::vector<Candidate> complete_cmdlet(const std::vector<std::string>& words);

/// One candidate a line, a tab before what it is about.
int print_candidates(const std::vector<Candidate>& candidates);

/// For bash, zsh or fish; empty for another shell.
std::string_view completion_script(std::string_view shell);
void add_completion_command(Program& program);

}  // namespace isthmus::cli
