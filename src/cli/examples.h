// How each command is called, under its help.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;  // NOLINT(readability-identifier-naming)
}

namespace isthmus::cli {

/// Whole command lines; of a group those of what is below it. A command without a row in the table
/// gets the shortest line that it takes.
std::vector<std::string> examples_of(const CLI::App& command);
/// Puts them under the help of `root` and all below it.
void add_examples(CLI::App& root);

}  // namespace isthmus::cli
