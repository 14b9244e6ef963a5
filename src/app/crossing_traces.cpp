// Recordings across the two threads: they are kept over there and read page by page.
#include "app/crossing.h"
#include "app/crossing_ask.h"
#include "app/traffic_views.h"
#include "base/text.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::app {

namespace {

constexpr std::chrono::milliseconds kTracePatience{2000};

Error no_such_trace(std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      "There is no such trace.",
                      fmt::format("no trace has the id '{}'", text::escape_for_log(id)));
}

}  // namespace

control::TraceSide Crossing::trace_side() {
    using gateway::Traces;
    const auto steer = [this](bool (Traces::*verb)(std::string_view)) {
        return [this, verb](std::string_view id) -> Result<void> {
            const auto done = ask<bool>(
                [this, verb, id = std::string(id)] { return (traffic_.traces().*verb)(id); },
                kTracePatience);
            if (!done) {
                return no_answer();
            }
            return *done ? Result<void>() : no_such_trace(id);
        };
    };
    return {
        .start = [this](const std::string& id, const control::TraceOrder& order) -> Result<void> {
            auto done = ask<Result<void>>(
                [this, id, order] {
                    return traffic_.traces().start({.id = id,
                                                    .user = order.user,
                                                    .partner = order.partner,
                                                    .duration = std::chrono::seconds(order.seconds),
                                                    .with_bodies = order.with_bodies});
                },
                kTracePatience);
            return done ? std::move(*done) : Result<void>(no_answer());
        },
        .stop = steer(&Traces::stop),
        .forget = steer(&Traces::forget),
        .list = [this]() -> Result<std::vector<control::TraceInfo>> {
            auto all = ask<std::vector<gateway::TraceStatus>>(
                [this] { return traffic_.traces().list(); }, kTracePatience);
            if (!all) {
                return no_answer();
            }
            std::vector<control::TraceInfo> made;
            for (gateway::TraceStatus& trace : *all) {
                made.push_back(to_control(std::move(trace)));
            }
            return made;
        },
        .read =
            [this](std::string_view id,
                   std::uint64_t after,
                   std::size_t limit,
                   control::TraceSide::ReadDone done) {
                const std::uint64_t question =
                    trace_questions_.open(std::move(done), kTracePatience);
                traffic_.loop().post([this, question, id = std::string(id), after, limit] {
                    // Shared, because what is posted is copied.
                    auto page = std::make_shared<Result<control::TracePage>>(no_such_trace(id));
                    if (auto status = traffic_.traces().status(id)) {
                        control::TracePage made;
                        made.trace = to_control(*std::move(status));
                        for (gateway::TraceEvent& event :
                             traffic_.traces().read(id, after, limit)) {
                            made.events.push_back(to_control(std::move(event)));
                        }
                        *page = std::move(made);
                    }
                    control_.post([this, question, page] {
                        trace_questions_.answer(question, std::move(*page));
                    });
                });
            },
    };
}

}  // namespace isthmus::app
