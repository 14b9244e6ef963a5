// What cmdlets do: each gets its bound arguments and the objects that come down the pipeline, asks
// the gateway through the admin API and puts objects out.
#pragma once

#include "cli/api_client.h"
#include "cli/cs_binding.h"
#include "cli/cs_table.h"
#include "cli/cs_value.h"
#include "cli/output.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli::cs {

struct ApiCall {
    std::string method;
    std::string target;  ///< below /api/v1/
    std::string body;
    std::string if_match;  ///< the ETag that the object must still have; empty: any
};

/// Throws NotReachable. Blocking.
using Api = std::function<Answer(const ApiCall&)>;

/// What the cmdlets need of the program around them.
struct Host {
    Api api;
    std::function<void(std::string_view)> out;   ///< data, with its line ends
    std::function<void(std::string_view)> talk;  ///< warnings and errors, with their line ends
    /// Asks and gives the answer; nothing if nobody is there to answer.
    std::function<std::optional<std::string>(const std::string&)> ask;
    /// One line of a secret, from the standard input.
    std::function<std::string()> read_secret;
    bool what_if = false;     ///< --dry-run: every cmdlet has -WhatIf
    bool yes = false;         ///< --yes: nothing is asked
    bool is_verbose = false;  ///< every cmdlet has -Verbose
    bool is_quiet = false;    ///< no warnings
    Format format = Format::Table;
};

class Session;

/// One cmdlet at work.
class Call {
  public:
    Call(Session& session, const Bound& bound, const List* input)
        : session_(session), bound_(bound), input_(input) {}

    const Bound& given() const { return bound_; }

    const Cmdlet& cmdlet() const { return *bound_.cmdlet; }

    Session& session() { return session_; }

    /// What came down the pipeline; null if the cmdlet is its first.
    const List* input() const { return input_; }

    void put(Value value);

    List take_output() { return std::move(output_); }

    void warn(const std::string& text);
    /// What is good to know and no warning: no -WarningAction stops at it.
    void note(const std::string& text) const;
    /// Prints a fault of one object and goes on, unless -ErrorAction says otherwise.
    void report(const Fault& fault);
    /// Runs `step` and reports its fault; the next object has its turn.
    void guard(const std::function<void()>& step);

    bool is_what_if() const;

    /// A question to the gateway. Throws Fault for every status above 299.
    Answer ask(const std::string& method,
               const std::string& target,
               const std::string& body = {},
               const std::string& if_match = {});
    /// Nothing if there is no such object.
    std::optional<boost::json::object> find(const std::string& target, std::string* etag = nullptr);
    /// All items of a list, page by page.
    std::vector<boost::json::object> list(const std::string& target);

    /// A change. With -WhatIf the gateway checks it and nothing is done; with -Confirm it is asked
    /// for. Nothing if it was not done.
    struct Change {
        std::string method;
        std::string target;
        boost::json::object body;
        std::string if_match;
        std::string on;  ///< what is changed, as the sentences name it
    };

    std::optional<boost::json::object> change(const Change& change);
    /// Whether to go on, after `-Confirm` or `must_ask`.
    bool is_confirmed(const std::string& on, bool must_ask = false);

    /// The answer's problem as a fault. `missing` is what a 404 says instead.
    [[noreturn]] void fail(const Answer& answer, const std::string& missing = {}) const;

    /// Set by actions that know what a 404 of theirs means.
    void name_missing(std::string sentence) { missing_ = std::move(sentence); }

  private:
    bool should_ask(bool must_ask) const;

    Session& session_;
    const Bound& bound_;
    const List* input_;
    List output_;
    std::string missing_;
    bool yes_to_all_ = false;
    bool no_to_all_ = false;
};

/// A name that the objects do not have counts as $null, which is said once.
void warn_of_unknown(Call& call, const Condition& condition, const Item& sample);

/// An object of the API as it is shown.
ItemPtr item_of(const Kind& kind, const boost::json::object& object);
/// A value for the API, by the type of the parameter.
boost::json::value json_of(const Value& value);
Value value_of(const boost::json::value& value);

void make_object(Call& call);
void get_objects(Call& call);
void set_objects(Call& call);
void remove_objects(Call& call);

void get_users(Call& call);
void set_users(Call& call);
void enable_user(Call& call);
void disable_users(Call& call);
void grant_policy(Call& call);
void get_admin_roles(Call& call);

void request_certificate(Call& call);
void import_certificate(Call& call);
void set_certificate(Call& call);
void get_certificates(Call& call);
void remove_certificate(Call& call);
void test_xmpp_im(Call& call);

void where_object(Call& call);
void select_object(Call& call);
void sort_object(Call& call);
void measure_object(Call& call);
void for_each_object(Call& call);
void format_list(Call& call);
void format_table(Call& call);
void get_help(Call& call);
void get_command(Call& call);
void get_credential(Call& call);

}  // namespace isthmus::cli::cs
