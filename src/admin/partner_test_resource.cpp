// The test of a partner over HTTP: an event per step as it ends, and the result as the last one.
#include "admin/answers.h"
#include "admin/resource.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kServerSent = "text/event-stream";
constexpr std::string_view kLines = "application/x-ndjson";

/// One event in the form that the client has asked for.
std::string event_text(bool is_server_sent, const char* name, json::object event) {
    // The name is in the object as well: lines of JSON have no other place for it.
    json::object named{{"event", name}};
    named.insert(event.begin(), event.end());
    const std::string text = json::serialize(named);
    return is_server_sent ? fmt::format("event: {}\ndata: {}\n\n", name, text) : text + "\n";
}

/// What is told before the head of the answer is on its way waits.
struct LiveAnswer {
    void tell(const std::string& text) { stream ? void(stream->write(text)) : void(early += text); }

    void begin(std::shared_ptr<HttpStream> to) {
        stream = std::move(to);
        stream->write(early);
        if (has_ended) {
            stream->close();
        }
    }

    void end() {
        has_ended = true;
        if (stream) {
            stream->close();
        }
    }

    std::shared_ptr<HttpStream> stream;
    std::string early;
    bool has_ended = false;
};

void test_live(control::PartnerTests& tests,
               const HttpRequest& request,
               const json::object& options,
               const HttpReply& reply) {
    const bool is_server_sent =
        request.header("accept").find(kServerSent) != std::string_view::npos;
    auto live = std::make_shared<LiveAnswer>();
    const auto started = tests.start(
        request.arguments.front(),
        options,
        {.on_step =
             [live, is_server_sent](const json::object& step) {
                 live->tell(event_text(is_server_sent, "step", step));
             },
         .on_result =
             [live, is_server_sent](const control::TestResult& result) {
                 live->tell(event_text(is_server_sent, "result", control::to_json(result)));
                 live->end();
             }});
    if (!started) {
        reply(problem(started.error()));
        return;
    }
    HttpResponse response{200, std::string(is_server_sent ? kServerSent : kLines), {}, {}};
    response.go_on = [live, &tests, number = *started](std::shared_ptr<HttpStream> stream) {
        stream->on_gone([&tests, number] { tests.stop(number); });
        live->begin(std::move(stream));
    };
    reply(std::move(response));
}

void test_in_one(control::PartnerTests& tests,
                 const HttpRequest& request,
                 const json::object& options,
                 const HttpReply& reply) {
    auto steps = std::make_shared<json::array>();
    const auto started =
        tests.start(request.arguments.front(),
                    options,
                    {.on_step = [steps](const json::object& step) { steps->push_back(step); },
                     .on_result =
                         [steps, reply](const control::TestResult& result) {
                             json::object made = control::to_json(result);
                             made["steps"] = std::move(*steps);
                             reply(answer(made));
                         }});
    if (!started) {
        reply(problem(started.error()));
    }
}

}  // namespace

void test_partner(control::PartnerTests& tests,
                  const HttpRequest& request,
                  const HttpReply& reply) {
    const auto options = parse_body(request);
    if (!options) {
        reply(problem(options.error()));
        return;
    }
    const auto is_live = flag_of(request, "stream", true);
    if (!is_live) {
        reply(problem(is_live.error()));
        return;
    }
    *is_live ? test_live(tests, request, *options, reply)
             : test_in_one(tests, request, *options, reply);
}

}  // namespace isthmus::admin
