// What is said of answers, on stderr: what was done, what deserves a look, what went wrong. Data
// goes to stdout elsewhere.
#pragma once

#include "cli/api_client.h"
#include "cli/complaint.h"

#include <boost/json/value.hpp>

namespace isthmus::cli {

/// What was accepted, but deserves a look.
void report_warnings(const boost::json::value& body);
/// `done`, the revision, and whether it is in force; with the warnings.
void report(const boost::json::value& body, const char* done);
/// A page that is not all: so that nobody takes it for all.
void report_page(const boost::json::value& body);

/// An answer above 299: what, why, what to do, each with something in it.
Complaint complaint_of(const Answer& answer);
/// As cli/commands.h lists them.
int exit_code_of(int status);

}  // namespace isthmus::cli
