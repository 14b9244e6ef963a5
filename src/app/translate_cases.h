// `isthmus translate --cases FILE`: the translation layer over a file of cases, without network.
// Every result is computed by the functions that live traffic goes through; one JSON object a line.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace isthmus::app {

/// Exit code: 0, or 2 if the file cannot be read as cases.
int run_translate_cases(const std::string& file, std::FILE* out);

/// The same over a text; `fault` says what is wrong if it returns false.
bool translate_cases(std::string_view text, std::string& out, std::string& fault);

}  // namespace isthmus::app
