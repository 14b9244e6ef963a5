// Test-CsXmppIM: the test of a partner, with the result as the original prints it.
#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_actions.h"
#include "cli/cs_shell.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

struct TestResult {
    std::string target;
    std::string result;
    std::string latency;
    std::string error;
    std::string diagnosis;
};

void put_result(Call& call, const TestResult& result) {
    auto made = std::make_shared<Item>();
    made->add("Target Fqdn", result.target);
    made->add("Result", result.result);
    made->add("Latency", result.latency);
    made->add("Error Message", result.error);
    made->add("Diagnosis", result.diagnosis);
    for (const char* variable : {"OutLoggerVariable", "OutVerboseVariable"}) {
        if (call.given().has(variable)) {
            call.session().set_variable(call.given().text(variable), Value(made));
        }
    }
    call.put(std::move(made));
}

std::string shown_text(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

/// "00:00:02.5361946", as the original prints it.
std::string latency_of(const json::object& answer) {
    const json::value* duration = answer.if_contains("duration_ms");
    const double milliseconds =
        duration != nullptr && duration->is_number() ? duration->to_number<double>() : 0;
    const auto ticks = static_cast<std::uint64_t>(std::max(0.0, milliseconds) * 10'000);
    return fmt::format("{:02}:{:02}:{:02}.{:07}",
                       ticks / 36'000'000'000,
                       ticks / 600'000'000 % 60,
                       ticks / 10'000'000 % 60,
                       ticks % 10'000'000);
}

}  // namespace

void test_xmpp_im(Call& call) {
    const Bound& given = call.given();
    std::string receiver = given.text("Receiver");
    receiver = text::istarts_with(receiver, "sip:") ? receiver.substr(4) : receiver;
    const std::size_t at = receiver.rfind('@');
    if (at == std::string::npos || at == 0 || at + 1 == receiver.size()) {
        throw Fault(fmt::format("\"{}\" is no address.", text::escape_for_log(receiver, 100)),
                    "-Receiver must be user@domain of an XMPP user",
                    "write for example -Receiver adelany@contoso.com");
    }
    const std::string domain = receiver.substr(at + 1);
    const std::string target = given.text("TargetFqdn");
    if (!call.find("partners/" + encode_segment(domain))) {
        put_result(call,
                   {target,
                    "Failure",
                    "00:00:00",
                    fmt::format("{} is no XMPP allowed partner", domain),
                    fmt::format("allow it: New-CsXmppAllowedPartner {}", domain)});
        throw Fault("The test failed.",
                    fmt::format("no partner holds the domain {}", text::escape_for_log(domain)),
                    fmt::format("New-CsXmppAllowedPartner {}", text::escape_for_log(domain)),
                    3);
    }
    json::object body{{"receiver", receiver}};
    const std::string sender = given.text("UserSipAddress");
    if (!sender.empty()) {
        body["sender"] = text::istarts_with(sender, "sip:") ? sender.substr(4) : sender;
    }
    const Answer answer =
        call.ask("POST",
                 fmt::format("partners/{}:test?stream=false", encode_segment(domain)),
                 json::serialize(body));
    const json::object none;
    const json::object& result = answer.body.is_object() ? answer.body.get_object() : none;
    const bool is_good = shown_text(result, "result") == "success";
    put_result(call,
               {target,
                is_good ? "Success" : "Failure",
                latency_of(result),
                shown_text(result, "error"),
                shown_text(result, "fix")});
    if (!is_good) {
        throw Fault("The test failed.", shown_text(result, "error"), shown_text(result, "fix"), 3);
    }
}

}  // namespace isthmus::cli::cs
