// The way of a cmdlet to the gateway: questions, changes with -WhatIf and -Confirm, faults.
#include "base/codes.h"
#include "base/text.h"
#include "cli/cs_shell.h"
#include "cli/report.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 1000;

std::string member_text(const json::value& body, const char* name) {
    const json::object* object = body.if_object();
    const json::value* value = object != nullptr ? object->if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string one_line(std::string text) {
    for (char& c : text) {
        c = c == '\n' || c == '\r' ? ' ' : c;
    }
    return text;
}

}  // namespace

// COMPAT(g++ 12, 2026-11-26): inlined it warns of parts of the variant that are not there.
void Call::put(Value value) {
    output_.push_back(std::move(value));
}

void Call::warn(const std::string& text) {
    const std::string action = bound_.text("WarningAction");
    if (action != "SilentlyContinue" && action != "Ignore") {
        session_.warn(text);
    }
}

void Call::note(const std::string& text) const {
    if (!session_.host().is_quiet) {
        session_.host().talk(fmt::format("NOTE: {}\n", printable(text)));
    }
}

void Call::report(const Fault& fault) {
    const std::string action = bound_.text("ErrorAction");
    if (action == "Stop" || text::iequals(session_.preference("ErrorActionPreference"), "Stop")) {
        throw fault;  // NOLINT(cert-err09-cpp,cert-err61-cpp): the session prints it
    }
    session_.report(cmdlet().name, fault, action == "SilentlyContinue" || action == "Ignore");
}

void Call::guard(const std::function<void()>& step) {
    try {
        step();
    } catch (const Fault& fault) {
        report(fault);
    }
}

bool Call::is_what_if() const {
    return (bound_.flag("WhatIf") || session_.host().what_if) && !bound_.is_flag_off("WhatIf");
}

Answer Call::ask(const std::string& method,
                 const std::string& target,
                 const std::string& body,
                 const std::string& if_match) {
    if (bound_.flag("Verbose") || session_.host().is_verbose) {
        session_.verbose(fmt::format("{} /api/v1/{}", method, target));
    }
    Answer answer = session_.host().api({method, target, body, if_match});
    if (answer.status > 299) {
        fail(answer, std::exchange(missing_, {}));
    }
    missing_.clear();
    return answer;
}

void Call::fail(const Answer& answer, const std::string& missing) const {
    const std::string detail = one_line(member_text(answer.body, "detail"));
    const std::string code = member_text(answer.body, "code");
    const std::string evidence = one_line(member_text(answer.body, "evidence"));
    const std::string fix = one_line(member_text(answer.body, "fix"));
    const bool is_missing = answer.status == 404 && !missing.empty();
    const std::string what = is_missing ? missing
                             : detail.empty()
                                 ? fmt::format("The gateway answered HTTP {}.", answer.status)
                                 : detail;
    std::string why = code;
    const codes::Code* known = codes::find(code);
    // It names what there is not, and what may have been meant.
    const bool says_more = is_missing && code == "IST-API-002";
    const std::string reason = says_more           ? detail
                               : !evidence.empty() ? evidence
                               : is_missing        ? detail
                               : known != nullptr  ? std::string(known->sentence)
                                                   : std::string();
    why += (why.empty() || reason.empty() ? "" : ": ") + reason;
    throw Fault(what,
                why.empty() ? fmt::format("HTTP {}", answer.status) : why,
                is_missing && cmdlet().kind != nullptr
                    ? fmt::format("Get-Cs{} shows all", cmdlet().kind->noun)
                : fix.empty() ? "see the log of the gateway"
                              : fix,
                exit_code_of(answer.status));
}

std::optional<json::object> Call::find(const std::string& target, std::string* etag) {
    if (bound_.flag("Verbose") || session_.host().is_verbose) {
        session_.verbose(fmt::format("GET /api/v1/{}", target));
    }
    const Answer answer = session_.host().api({"GET", target, {}, {}});
    if (answer.status == 404) {
        return std::nullopt;
    }
    if (answer.status > 299 || !answer.body.is_object()) {
        fail(answer);
    }
    if (etag != nullptr) {
        *etag = answer.etag;
    }
    return answer.body.get_object();
}

std::vector<json::object> Call::list(const std::string& target) {
    std::vector<json::object> made;
    const char separator = target.find('?') == std::string::npos ? '?' : '&';
    for (;;) {
        const Answer answer = ask(
            "GET", fmt::format("{}{}limit={}&offset={}", target, separator, kPage, made.size()));
        const json::object* body = answer.body.if_object();
        const json::value* items = body != nullptr ? body->if_contains("items") : nullptr;
        if (items == nullptr || !items->is_array()) {
            fail(answer);
        }
        for (const json::value& item : items->get_array()) {
            if (item.is_object()) {
                made.push_back(item.get_object());
            }
        }
        // A total may be a lower bound; a list that knows no pages gives all and counts it.
        const json::value* total = body->if_contains("total");
        const bool is_whole =
            total == nullptr ||
            (total->is_int64() && total->get_int64() == static_cast<std::int64_t>(made.size()));
        const json::value* is_exact = body->if_contains("total_is_exact");
        const bool is_exactly = is_exact == nullptr || !is_exact->is_bool() || is_exact->get_bool();
        if (items->get_array().size() < kPage || (is_whole && is_exactly)) {
            return made;
        }
    }
}

bool Call::should_ask(bool must_ask) const {
    if (session_.host().yes || bound_.is_flag_off("Confirm")) {
        return false;
    }
    return bound_.flag("Confirm") || (must_ask && !bound_.flag("Force"));
}

bool Call::is_confirmed(const std::string& on, bool must_ask) {
    if (!should_ask(must_ask) || yes_to_all_ || no_to_all_) {
        return !no_to_all_;
    }
    const std::string question = fmt::format(
        "Confirm\nAre you sure you want to perform this action?\nPerforming the "
        "operation \"{}\" on target \"{}\".\n[Y] Yes  [A] Yes to All  [N] No  [L] No to "
        "All  (default is \"Y\"): ",
        cmdlet().name,
        printable(on));
    for (;;) {
        const auto answer = session_.host().ask(question);
        if (!answer) {
            throw Fault("Nobody is there to confirm it; nothing was done.",
                        fmt::format("{} asks before it goes on, and the input is no terminal",
                                    cmdlet().name),
                        "give -Confirm:$false, or isthmus --yes");
        }
        const std::string word = text::to_lower(text::trim(*answer));
        if (word.empty() || word == "y" || word == "yes") {
            return true;
        }
        if (word == "a" || word == "l") {
            yes_to_all_ = word == "a";
            no_to_all_ = word == "l";
            return yes_to_all_;
        }
        if (word == "n" || word == "no") {
            return false;
        }
    }
}

std::optional<json::object> Call::change(const Change& change) {
    const bool is_what_if = this->is_what_if();
    if (!is_what_if && !is_confirmed(change.on)) {
        return std::nullopt;
    }
    const char separator = change.target.find('?') == std::string::npos ? '?' : '&';
    const std::string target =
        is_what_if ? fmt::format("{}{}dry_run=true", change.target, separator) : change.target;
    const bool has_body = !change.body.empty() || change.method == "PATCH";
    const Answer answer =
        ask(change.method, target, has_body ? json::serialize(change.body) : "", change.if_match);
    const json::object none;
    const json::object* body = answer.body.if_object();
    body = body != nullptr ? body : &none;
    if (const json::value* warnings = body->if_contains("warnings");
        warnings != nullptr && warnings->is_array()) {
        for (const json::value& warning : warnings->get_array()) {
            warn(warning.is_string() ? std::string(warning.get_string())
                                     : member_text(warning, "detail"));
        }
    }
    if (is_what_if) {
        session_.host().talk(
            fmt::format("What if: Performing the operation \"{}\" on target \"{}\".\n",
                        cmdlet().name,
                        printable(change.on)));
        return std::nullopt;
    }
    const json::value* in_force = body->if_contains("in_force");
    const json::value* revision = body->if_contains("revision");
    if (revision != nullptr && in_force != nullptr && in_force->is_bool()) {
        const std::string number = json::serialize(*revision);
        if (!in_force->get_bool()) {
            warn(fmt::format("Stored as revision {}; the gateway has not confirmed it yet.",
                             number));
        } else if (bound_.flag("Verbose") || session_.host().is_verbose) {
            session_.verbose(fmt::format("revision {}, in force", number));
        }
    }
    return *body;
}

}  // namespace isthmus::cli::cs
