// Runs scripts of cmdlets: variables, pipelines, printing. A statement that fails does not stop the
// next one, as in PowerShell; $ErrorActionPreference = "Stop" and -ErrorAction Stop change that.
#pragma once

#include "cli/cs_actions.h"
#include "cli/cs_syntax.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace isthmus::cli::cs {

class Session {
  public:
    explicit Session(Host host) : host_(std::move(host)) {}

    /// Checks all of it, then runs it. The exit code of the first fault, 0 without one. Throws
    /// NotReachable.
    int run(const Script& script);
    /// The same, of text or of a shell's words; faults of syntax are printed.
    int run_text(std::string_view text);
    int run_words(const std::vector<std::string>& words);

    const Host& host() const { return host_; }

    Value evaluate(const Expression& expression);
    List run_pipeline(const Pipeline& pipeline);
    /// A script within the script, such as the block of ForEach-Object; what it puts out.
    List run_block(const Script& script);
    /// `step` with $_ set to `current`.
    void with_current(const Value& current, const std::function<void()>& step);

    /// Empty if it is not set.
    std::string preference(std::string_view name) const;
    void set_variable(std::string_view name, Value value);

    /// Each text once.
    void warn(const std::string& text);
    void verbose(const std::string& text) const;
    /// `who` is the cmdlet; may be empty. Keeps the first exit code.
    void report(std::string_view who, const Fault& fault, bool is_silent = false);

  private:
    /// Ends the script, after the fault was reported.
    struct Stopped {};

    Value evaluate_parts(const Expression& expression);
    List run_command(const Command& command, const List* input);
    void run_statement(const Statement& statement, List* into);
    void assign(const Statement& statement, List values);
    void assign_property(const Value& to,
                         const std::vector<std::string>& names,
                         const Value& value);
    Value variable(const Expression& expression) const;
    void warn_of_no_effect(const Bound& bound, Call& call);

    Host host_;
    std::map<std::string, Value, std::less<>> variables_;  ///< by lower-case name
    std::set<std::string, std::less<>> warned_;
    Value current_;
    std::size_t depth_ = 0;
    int exit_code_ = 0;
};

/// Lists of objects as PowerShell prints them, or as JSON, YAML or names.
std::string format_values(const List& values, Format format);
std::string format_as_list(const List& values);
std::string format_as_table(const List& values, bool has_headers = true);
/// The properties whose names match one of the patterns, in the order of the patterns.
ItemPtr selected(const Value& value, const List& patterns);

/// The page docs/cmdlets.md, made of the table.
std::string reference_page();
std::string help_of(const Cmdlet& cmdlet);
std::string overview();

}  // namespace isthmus::cli::cs
