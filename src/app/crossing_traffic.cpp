// Streams, dialogs and messages across the two threads: what is long crosses as a list that was
// made in slices over there.
#include "app/crossing.h"
#include "app/crossing_ask.h"
#include "app/subscription_views.h"
#include "app/traffic_views.h"
#include "base/text.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::app {

namespace {

constexpr std::chrono::milliseconds kStatusPatience{2000};
constexpr Duration kQuestionPatience = std::chrono::seconds(10);

Error none_such(std::string_view what, std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      fmt::format("There is no such {}.", what),
                      fmt::format("no {} has the id '{}'", what, text::escape_for_log(id)));
}

}  // namespace

control::TrafficSide Crossing::traffic_side() {
    using gateway::Subscriptions;
    return {
        .read_status =
            [this](control::TrafficSide::StatusDone done) {
                const std::uint64_t question =
                    status_questions_.open(std::move(done), kStatusPatience);
                traffic_.loop().post([this, question] {
                    auto status = std::make_shared<control::Status>(traffic_.status());
                    control_.post([this, question, status] {
                        status_questions_.answer(question, std::move(*status));
                    });
                });
            },
        .read_news =
            [this](std::uint64_t after, std::size_t limit, control::TrafficSide::NewsDone done) {
                const std::uint64_t question =
                    news_questions_.open(std::move(done), kStatusPatience);
                traffic_.loop().post([this, question, after, limit] {
                    auto news = std::make_shared<control::PresenceNews>(
                        to_control(traffic_.subscriptions().news(after, limit)));
                    control_.post([this, question, news] {
                        news_questions_.answer(question, std::move(*news));
                    });
                });
            },
        .close_stream = [this](std::string_view id) -> Result<void> {
            const auto done =
                ask<bool>([this, id = std::string(id)] { return traffic_.close_stream(id); },
                          kStatusPatience);
            if (!done) {
                return no_answer();
            }
            return *done ? Result<void>() : none_such("stream", id);
        },
        .retry_links = [this](const std::vector<std::string>& domains) -> Result<std::size_t> {
            const auto count = ask<std::size_t>(
                [this, domains] { return traffic_.retry_links(domains); }, kStatusPatience);
            return count ? Result<std::size_t>(*count) : no_answer();
        },
        .list_dialogs =
            [this](const control::SubscriptionFilter& filter,
                   control::TrafficSide::DialogsDone done) {
                list_dialogs(filter, std::move(done));
            },
        .get_dialog =
            [this](std::string_view id) {
                return ask_flow<control::DialogStatus>(
                    [this,
                     id = std::string(id)](Subscriptions& flow) -> Result<control::DialogStatus> {
                        auto found = flow.get_dialog(id);
                        if (!found) {
                            found = traffic_.sessions().get(id);
                        }
                        if (!found) {
                            return none_such("dialog", id);
                        }
                        return to_control(*std::move(found));
                    });
            },
        .end_dialog =
            [this](std::string_view id) {
                return ask_flow<void>(
                    [this, id = std::string(id)](Subscriptions& flow) -> Result<void> {
                        return flow.end_dialog(id) || traffic_.sessions().end(id)
                                   ? Result<void>()
                                   : none_such("dialog", id);
                    });
            },
        .list_messages =
            [this](const control::MessageFilter& filter, control::TrafficSide::MessagesDone done) {
                list_messages(filter, std::move(done));
            },
    };
}

void Crossing::read_counts(control::MessageSeries::Done done) {
    const std::uint64_t question = count_questions_.open(std::move(done), kStatusPatience);
    traffic_.loop().post([this, question] {
        const control::MessageCounts counts = traffic_.counts();
        control_.post([this, question, counts] { count_questions_.answer(question, counts); });
    });
}

void Crossing::list_dialogs(const control::SubscriptionFilter& filter,
                            control::TrafficSide::DialogsDone done) {
    const std::uint64_t question = dialog_questions_.open(std::move(done), kQuestionPatience);
    traffic_.loop().post([this, question, filter = to_gateway(filter)] {
        traffic_.subscriptions().list_dialogs(
            filter, [this, question, filter](Result<gateway::DialogPage> page) {
                if (page) {
                    traffic_.sessions().enter(filter, *page);
                }
                // Shared, because what is posted is copied.
                auto made = std::make_shared<Result<control::DialogPage>>(no_answer());
                if (page) {
                    *made = to_control(*std::move(page));
                } else {
                    *made = page.error();
                }
                control_.post([this, question, made] {
                    dialog_questions_.answer(question, std::move(*made));
                });
            });
    });
}

void Crossing::list_messages(const control::MessageFilter& filter,
                             control::TrafficSide::MessagesDone done) {
    const std::uint64_t question = message_questions_.open(std::move(done), kQuestionPatience);
    auto listing = std::make_shared<gateway::MessageListing>();
    listing->filter = to_gateway(filter);
    traffic_.loop().post([this, listing, question] { go_on(listing, question); });
}

void Crossing::go_on(const std::shared_ptr<gateway::MessageListing>& listing,
                     std::uint64_t question) {
    if (!traffic_.go_on(*listing)) {
        // In another turn: what has come meanwhile goes first.
        traffic_.loop().post([this, listing, question] { go_on(listing, question); });
        return;
    }
    control_.post([this, listing, question] {
        message_questions_.answer(question, to_control(std::move(*listing)));
    });
}

}  // namespace isthmus::app
