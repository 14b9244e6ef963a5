// The texts of a script: lines, blocks, wild cards, and the wire text made of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/play.h"

namespace isthmus::test {

inline constexpr std::string_view kGatewaySip = "192.0.2.1:5060";

std::vector<std::string> words_of(std::string_view line);

std::vector<std::string> lines_of(std::string_view text);

/// Length of the first whole SIP message, 0 if there is none yet.
std::size_t first_message(std::string_view text);

/// What follows the first blank line, with CRLF between its lines.
std::string body_of(const std::vector<std::string>& block);

/// Every `name` becomes `with`.
std::string replaced(std::string text, std::string_view name, const std::string& with);

/// Every `{id}` becomes `with`.
std::string with_id(std::string text, const std::string& with);

/// Lines with CRLF; "Content-Length: auto" is worked out.
std::string sip_text(const std::vector<std::string>& block);

/// `{name}` becomes what it stands for.
std::string with_names(std::string text, const Names& names);

/// The response to a request, with a tag of our making if it has none.
std::string response_to(const std::string& request, const std::string& status_line);

}  // namespace isthmus::test
