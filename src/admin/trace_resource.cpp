// POST and GET /traces; GET and DELETE /traces/ID, its events as they come, its ladder; POST
// traces/ID:stop.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "admin/trace_follower.h"
#include "admin/trace_json.h"
#include "admin/traffic_json.h"
#include "base/text.h"
#include "control/ladder.h"
#include "control/properties.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

using control::TracePage;
using control::TraceService;

constexpr std::size_t kMostAddress = 1023;
constexpr std::size_t kReason = 1024;
constexpr std::string_view kDuration = "10 seconds to 30 minutes, as 10m, 90s or 600";

/// "10m", "90s", "1h", or seconds.
Result<std::int64_t> duration_of(const json::object& body) {
    const json::value* given = body.if_contains("for");
    if (given == nullptr) {
        return control::TraceOrder().seconds;
    }
    if (given->is_int64() && given->get_int64() > 0 && given->get_int64() <= 100'000) {
        return given->get_int64();
    }
    const std::string text = given->is_string() ? std::string(given->get_string()) : "";
    constexpr std::string_view kUnits = "smh";
    constexpr std::int64_t kLengths[] = {1, 60, 3600};
    const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
    const auto count =
        text::to_number(std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1));
    if (unit == std::string_view::npos || !count || *count > 100'000) {
        return wrong_field(body, "for", kDuration);
    }
    return static_cast<std::int64_t>(*count) * kLengths[unit];
}

HttpResponse trace_answer(const Result<control::TraceInfo>& trace, int status = 200) {
    return trace ? answer(to_json(*trace), status) : problem(trace.error());
}

HttpResponse start(TraceService& traces, const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    std::string user;
    std::string partner;
    std::string reason = query_of(request, "reason");
    bool with_bodies = false;
    control::Properties from(*body);
    from.text("user", user, kMostAddress);
    from.text("partner", partner, kMostAddress);
    from.text("reason", reason, kReason);
    from.flag("bodies", with_bodies);
    from.ignore("for");
    const auto good = from.finish();
    const auto seconds = duration_of(*body);
    if (!good || !seconds) {
        return problem(good ? seconds.error() : good.error());
    }
    return trace_answer(
        traces.start(
            {.user = user, .partner = partner, .seconds = *seconds, .with_bodies = with_bodies},
            reason,
            request.author),
        201);
}

HttpResponse list(const TraceService& traces) {
    const auto all = traces.list();
    if (!all) {
        return problem(all.error());
    }
    json::array items;
    for (const control::TraceInfo& trace : *all) {
        items.push_back(to_json(trace));
    }
    const std::size_t total = items.size();
    return answer(json::object{{"items", std::move(items)}, {"total", total}});
}

/// ?after=, the number of the last event that is known.
Result<std::uint64_t> after_of(const HttpRequest& request) {
    const std::string given = query_of(request, "after");
    const auto after = given.empty() ? std::optional<std::uint64_t>(0) : text::to_number(given);
    return after
               ? Result<std::uint64_t>(*after)
               : make_error(ErrorKind::Syntax, "IST-API-001", "after: must be a whole number.", {});
}

/// GET traces/ID: how it stands and what is kept of it, behind ?after=.
void show(TraceService& traces, const HttpRequest& request, const HttpReply& reply) {
    const auto after = after_of(request);
    if (!after) {
        return reply(problem(after.error()));
    }
    traces.read(request.arguments.front(),
                *after,
                [&traces, reply, author = request.author](const Result<TracePage>& page) {
                    if (!page) {
                        return reply(problem(page.error()));
                    }
                    traces.note_reading(page->trace, "events", author);
                    json::object made = to_json(page->trace);
                    json::array events;
                    for (const control::TraceEvent& event : page->events) {
                        events.push_back(to_json(event));
                    }
                    made["recorded"] = std::move(events);
                    reply(answer(made));
                });
}

/// GET traces/ID/ladder, ladder.txt, ladder.svg.
void draw(const TraceService& traces,
          const HttpRequest& request,
          std::string_view what,
          const HttpReply& reply) {
    traces.read_all(
        request.arguments.front(), [reply, what = std::string(what)](Result<TracePage> page) {
            if (!page) {
                return reply(problem(page.error()));
            }
            const control::Ladder ladder = control::ladder_of(page->trace, page->events);
            if (what == "ladder") {
                reply(answer(control::to_json(ladder)));
            } else if (what == "ladder.svg") {
                reply({200, "image/svg+xml", control::to_svg(ladder), {}});
            } else {
                reply({200, "text/plain; charset=utf-8", control::to_text(ladder), {}});
            }
        });
}

void follow(TraceService& traces,
            TraceFollowers& followers,
            const HttpRequest& request,
            const HttpReply& reply) {
    const auto trace = traces.get(request.arguments.front());
    const auto after = after_of(request);
    if (!trace || !after) {
        return reply(problem(trace ? after.error() : trace.error()));
    }
    if (followers.is_full()) {
        return reply(problem(make_error(ErrorKind::Limit,
                                        "IST-API-040",
                                        "Too many clients follow recordings.",
                                        fmt::format("{} do", TraceFollowers::kMost))));
    }
    traces.note_reading(*trace, "as they came", request.author);
    const auto last = text::to_number(request.header("last-event-id"));
    HttpResponse response{200, "text/event-stream", {}, {}};
    response.go_on = [&followers,
                      id = trace->id,
                      after = last.value_or(*after),
                      author_now = request.author_now](std::shared_ptr<HttpStream> stream) {
        followers.add(id, after, std::move(stream), author_now);
    };
    reply(std::move(response));
}

}  // namespace

json::object to_json(const control::TraceInfo& trace) {
    return {
        {"id", trace.id},
        {"user", trace.user},
        {"partner", trace.partner},
        {"state", trace.is_running ? "running" : "ended"},
        {"why_ended", trace.why_ended},
        {"started_at", time_json(trace.started_at)},
        {"seconds_left", trace.seconds_left},
        {"events", trace.events},
        {"dropped", trace.dropped},
        {"bodies", trace.with_bodies},
        {"admin", trace.admin},
        {"reason", trace.reason},
    };
}

json::object to_json(const control::TraceEvent& event) {
    using control::displayed;
    json::array rules;
    for (const std::string& rule : event.rules) {
        rules.push_back(json::string(displayed(rule)));
    }
    json::array lost;
    for (const std::string& loss : event.lost) {
        lost.push_back(json::string(displayed(loss)));
    }
    return {
        {"number", event.number},
        {"at", time_json(event.at)},
        {"kind", event.kind},
        {"direction", event.is_out ? "out" : "in"},
        {"is_again", event.is_again},
        {"what", displayed(event.what)},
        {"user", displayed(event.user)},
        {"contact", displayed(event.contact)},
        {"call_id", displayed(event.call_id)},
        {"stanza_id", displayed(event.stanza_id)},
        {"stream", event.stream},
        {"remote", event.remote},
        {"message", event.message},
        {"code", event.code},
        {"evidence", displayed(event.evidence, 500)},
        {"rules", std::move(rules)},
        {"lost", std::move(lost)},
        {"text", displayed(event.text, std::size_t{64} * 1024, true)},
        {"is_cut", event.is_cut},
    };
}

Resource make_trace_resource(control::TraceService& traces, TraceFollowers& followers) {
    return [&traces, &followers](
               const HttpRequest& request, std::string_view rest, const HttpReply& reply) {
        if (rest.empty()) {
            return reply(request.method == "POST" ? start(traces, request) : list(traces));
        }
        const std::string& id = request.arguments.front();
        if (request.verb == "stop") {
            return reply(trace_answer(traces.stop(id, request.author)));
        }
        if (request.method == "DELETE") {
            const auto removed = traces.remove(id, request.author);
            return reply(removed ? answer(json::object{{"id", id}}) : problem(removed.error()));
        }
        const std::size_t slash = rest.rfind('/');
        const std::string_view what =
            slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
        if (what == "events") {
            return follow(traces, followers, request, reply);
        }
        what.empty() ? show(traces, request, reply) : draw(traces, request, what, reply);
    };
}

}  // namespace isthmus::admin
