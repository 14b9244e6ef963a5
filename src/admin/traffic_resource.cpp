// GET /streams, /dialogs, /messages, /conversations with filters; one stream or dialog; POST
// streams/ID:close and dialogs/ID:end.
#include "admin/answers.h"
#include "admin/resource.h"
#include "admin/traffic_json.h"
#include "base/text.h"
#include "base/utc.h"
#include "control/ladder.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

using control::TrafficService;

constexpr std::size_t kUsual = 100;
constexpr std::size_t kOfConversation = 50;  // messages shown of each

template <class T>
HttpResponse page_answer(const std::vector<T>& items, std::size_t total) {
    json::array made;
    for (const T& one : items) {
        made.push_back(to_json(one));
    }
    return answer(json::object{{"items", std::move(made)}, {"total", total}});
}

template <class Page>
auto page_reply(HttpReply reply) {
    return [reply = std::move(reply)](const Result<Page>& page) {
        reply(page ? page_answer(page->items, page->total) : problem(page.error()));
    };
}

/// "2026-01-31T09:05:00Z", seconds since 1970, or "10m" for the last ten minutes.
Result<double> since_of(const HttpRequest& request) {
    const std::string given = query_of(request, "since");
    if (given.empty()) {
        return 0.0;
    }
    const double now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (const auto seconds = text::to_number(given)) {
        return static_cast<double>(*seconds);
    }
    constexpr std::string_view kUnits = "smhd";
    constexpr double kLengths[] = {1, 60, 3600, 86400};
    const std::size_t unit = kUnits.find(given.back());
    const auto count = text::to_number(std::string_view(given).substr(0, given.size() - 1));
    if (unit != std::string_view::npos && count && *count <= 1'000'000) {
        return now - static_cast<double>(*count) * kLengths[unit];
    }
    if (const auto at = utc_seconds(given)) {
        return static_cast<double>(*at);
    }
    return make_error(ErrorKind::Syntax,
                      "IST-API-001",
                      fmt::format("since {}: write 10m, 2h, 1d or a time as 2026-01-31T09:05:00Z.",
                                  text::escape_for_log(given, 80)),
                      {});
}

Result<control::MessageFilter> message_filter(const HttpRequest& request) {
    const auto paging = paging_of(request, kUsual, TrafficService::kMaxLimit);
    const auto since = since_of(request);
    if (!paging || !since) {
        return paging ? since.error() : paging.error();
    }
    return control::MessageFilter{.state = query_of(request, "state"),
                                  .user = query_of(request, "user"),
                                  .contact = query_of(request, "contact"),
                                  .partner = query_of(request, "partner"),
                                  .since = *since,
                                  .offset = paging->offset,
                                  .limit = paging->limit};
}

json::object conversation_json(const control::Conversation& one) {
    json::array messages;
    for (const control::MessageStatus& message : one.newest) {
        messages.push_back(admin::to_json(message));
    }
    return {
        {"user", one.user},
        {"contact", one.contact},
        {"partner", one.partner},
        {"messages", one.messages},
        {"failed", one.failed},
        {"first_at", time_json(one.first)},
        {"last_at", time_json(one.last)},
        {"last_state", one.last_state},
        {"last_code", one.last_code},
        {"newest", std::move(messages)},
        {"ladder", control::to_json(control::ladder_of(one))},
    };
}

void list_conversations(const TrafficService& traffic,
                        const HttpRequest& request,
                        const HttpReply& reply) {
    const auto filter = message_filter(request);
    if (!filter) {
        return reply(problem(filter.error()));
    }
    traffic.conversations(
        *filter, kOfConversation, [reply](const Result<control::ConversationPage>& page) {
            if (!page) {
                return reply(problem(page.error()));
            }
            json::array items;
            for (const control::Conversation& one : page->items) {
                items.push_back(conversation_json(one));
            }
            reply(answer(json::object{{"items", std::move(items)}, {"total", page->total}}));
        });
}

}  // namespace

Resource make_stream_resource(const control::TrafficService& traffic) {
    return [&traffic](const HttpRequest& request, std::string_view rest, const HttpReply& reply) {
        if (request.verb == "close") {
            const std::string& id = request.arguments.front();
            return reply(steered(traffic.close_stream(id, request.author), id));
        }
        if (!rest.empty()) {
            return traffic.stream(
                request.arguments.front(), [reply](const Result<control::StreamStatus>& stream) {
                    reply(stream ? answer(to_json(*stream)) : problem(stream.error()));
                });
        }
        const auto paging = paging_of(request, kUsual, TrafficService::kMaxLimit);
        if (!paging) {
            return reply(problem(paging.error()));
        }
        traffic.streams(query_of(request, "partner"),
                        [reply, paging = *paging](Result<std::vector<control::StreamStatus>> all) {
                            if (!all) {
                                return reply(problem(all.error()));
                            }
                            const std::size_t total = all->size();
                            const std::size_t from = std::min(paging.offset, total);
                            const std::size_t to = std::min(from + paging.limit, total);
                            reply(page_answer(std::vector<control::StreamStatus>(
                                                  all->begin() + static_cast<std::ptrdiff_t>(from),
                                                  all->begin() + static_cast<std::ptrdiff_t>(to)),
                                              total));
                        });
    };
}

Resource make_dialog_resource(const control::TrafficService& traffic) {
    return [&traffic](const HttpRequest& request, std::string_view rest, const HttpReply& reply) {
        if (request.verb == "end") {
            const std::string& id = request.arguments.front();
            return reply(steered(traffic.end_dialog(id, request.author), id));
        }
        if (!rest.empty()) {
            const auto found = traffic.dialog(request.arguments.front());
            return reply(found ? answer(to_json(*found)) : problem(found.error()));
        }
        const auto paging = paging_of(request, kUsual, TrafficService::kMaxLimit);
        if (!paging) {
            return reply(problem(paging.error()));
        }
        traffic.dialogs({.user = query_of(request, "user"),
                         .contact = query_of(request, "contact"),
                         .partner = query_of(request, "partner"),
                         .offset = paging->offset,
                         .limit = paging->limit},
                        page_reply<control::DialogPage>(reply));
    };
}

Resource make_message_resource(const control::TrafficService& traffic) {
    return
        [&traffic](const HttpRequest& request, std::string_view /*rest*/, const HttpReply& reply) {
            const auto filter = message_filter(request);
            if (!filter) {
                return reply(problem(filter.error()));
            }
            traffic.messages(*filter, page_reply<control::MessagePage>(reply));
        };
}

Resource make_conversation_resource(const control::TrafficService& traffic) {
    return
        [&traffic](const HttpRequest& request, std::string_view /*rest*/, const HttpReply& reply) {
            list_conversations(traffic, request, reply);
        };
}

}  // namespace isthmus::admin
