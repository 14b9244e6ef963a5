// Secrets come in by stdin only: never as an argument, which everybody on the machine can read.
#pragma once

#include <string>

namespace isthmus::cli {

/// The first line of stdin. At a terminal it is asked for, without echo, and twice if it is a new
/// one. Throws std::invalid_argument if there is none or the two differ.
enum class Asking : bool { Once, Twice };
std::string read_secret(const char* prompt, Asking asking = Asking::Twice);

}  // namespace isthmus::cli
