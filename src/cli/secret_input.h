// Secrets come in by stdin only: never as an argument, which everybody on the machine can read.
#pragma once

#include <string>

namespace isthmus::cli {

/// The first line of stdin. At a terminal it is asked for twice, without echo. Throws
/// std::invalid_argument if there is none or the two differ.
std::string read_secret(const char* prompt);
/// The same of one that exists already: asked for once.
std::string read_secret_once(const char* prompt);
/// From now on a terminal is not asked: NotUsable instead (--no-input).
void never_ask();

}  // namespace isthmus::cli
