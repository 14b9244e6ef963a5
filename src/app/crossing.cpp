#include "app/crossing.h"

#include "app/crossing_ask.h"
#include "app/link_test_views.h"
#include "app/subscription_views.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::app {

namespace {

/// A million pairs are looked at in less than a second.
constexpr Duration kListPatience = std::chrono::seconds(10);

Error no_such_subscription(std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      "There is no such subscription.",
                      fmt::format("no subscription has the id '{}'", text::escape_for_log(id)));
}

}  // namespace

Crossing::Crossing(TrafficWing& traffic, net::EventLoop& control, store::SubscriptionStore& store)
    : traffic_(traffic),
      control_(control),
      store_(store),
      status_questions_(control),
      news_questions_(control),
      count_questions_(control),
      dialog_questions_(control),
      message_questions_(control),
      trace_questions_(control) {
    traffic_.subscription_queue().set_commit(
        [this](SubscriptionQueue::Batch batch, std::function<void(bool)> on_outcome) {
            commit(std::move(batch), std::move(on_outcome));
        });
}

bool Crossing::publish(std::shared_ptr<const policy::Policy> policy) {
    // The old one ends on this thread: it may hold what a million users stood on.
    return ask<std::shared_ptr<const policy::Policy>>(
               [this, policy = std::move(policy)]() mutable {
                   return traffic_.set_policy(std::move(policy));
               },
               std::chrono::seconds(1))
        .has_value();
}

std::optional<control::Status> Crossing::read_status() {
    return ask<control::Status>([this] { return traffic_.status(); }, std::chrono::seconds(2));
}

std::optional<control::Usage> Crossing::read_usage(control::UsageQuestion question) {
    return ask<control::Usage>(
        [this, question = std::move(question)] { return traffic_.usage(question); },
        std::chrono::seconds(2));
}

bool Crossing::set_tls(std::shared_ptr<const net::TlsContext> sip,
                       std::shared_ptr<const net::TlsContext> xmpp) {
    const auto done = ask<bool>(
        [this, sip = std::move(sip), xmpp = std::move(xmpp)] {
            traffic_.set_tls(sip, xmpp);
            return true;
        },
        std::chrono::seconds(1));
    return done.value_or(false);
}

bool Crossing::set_credentials(const std::string& user,
                               const std::optional<policy::SipCredentials>& credentials) {
    const auto done = ask<bool>(
        [this, user, credentials] {
            if (traffic_.home() != nullptr) {
                traffic_.home()->set_credentials(user, credentials);
            }
            return true;
        },
        std::chrono::seconds(1));
    return done.value_or(false);
}

void Crossing::restore(std::vector<subscriptions::Record> records) {
    traffic_.loop().post([this, records = std::move(records)] { traffic_.restore(records); });
}

void Crossing::restore_home(HomeRecords records) {
    traffic_.loop().post([this, records = std::move(records)] {
        traffic_.home()->restore_all(records.credentials, records.documents);
    });
}

void Crossing::forget_home(const std::string& user) {
    traffic_.loop().post([this, user] { traffic_.home()->forget(user); });
}

void Crossing::begin_restored() {
    traffic_.loop().post([this] { traffic_.begin_restored(); });
}

std::optional<Listening> Crossing::listen(const Config& config) {
    return ask<Listening>([this, config] { return traffic_.listen(config); },
                          std::chrono::seconds(10));
}

void Crossing::drain(std::chrono::seconds patience, std::function<void()> on_done) {
    traffic_.loop().post([this, patience, on_done = std::move(on_done)] {
        traffic_.drain(patience, [this, on_done] { control_.post(on_done); });
    });
}

void Crossing::commit(SubscriptionQueue::Batch batch, std::function<void(bool)> on_outcome) {
    under_way_ = std::move(batch);
    control_.post([this, on_outcome = std::move(on_outcome)] {
        traffic_.loop().post(
            [on_outcome, is_stored = write_under_way()] { on_outcome(is_stored); });
    });
}

bool Crossing::write_under_way() {
    return write(std::exchange(under_way_, {}));
}

bool Crossing::write(const SubscriptionQueue::Batch& batch) {
    try {
        store_.write(batch);
        return true;
    } catch (const store::StoreError& error) {
        log::event(log::Level::Error,
                   "subscription.not_stored",
                   {{"code", "IST-API-004"}, {"count", batch.size()}, {"msg", error.what()}});
        return false;
    }
}

void Crossing::write_rest() {
    if (!under_way_.empty()) {
        write_under_way();
    }
    if (const auto rest = traffic_.subscription_queue().take_rest(); !rest.empty()) {
        write(rest);
    }
}

control::PresenceSide Crossing::presence_side() {
    using gateway::Subscriptions;
    const auto steer = [this](bool (Subscriptions::*verb)(std::string_view)) {
        return [this, verb](std::string_view id) -> Result<void> {
            return ask_flow<void>(
                [verb, id = std::string(id)](Subscriptions& flow) -> Result<void> {
                    return (flow.*verb)(id) ? Result<void>() : no_such_subscription(id);
                });
        };
    };
    const auto change = [this](Change verb) {
        return [this, verb](const std::string& user, const std::string& contact, Done done) {
            change_contact(verb, user, contact, std::move(done));
        };
    };
    return {
        .list = [this](const control::SubscriptionFilter& filter,
                       ListDone done) { list(filter, std::move(done)); },
        .get =
            [this](std::string_view id) {
                return ask_flow<control::SubscriptionStatus>(
                    [id = std::string(id)](
                        Subscriptions& flow) -> Result<control::SubscriptionStatus> {
                        auto found = flow.get(id);
                        if (!found) {
                            return no_such_subscription(id);
                        }
                        return to_control(std::move(*found));
                    });
            },
        .refresh = steer(&Subscriptions::refresh),
        .end = steer(&Subscriptions::end),
        .add_contact = change(&Subscriptions::add_contact),
        .remove_contact = change(&Subscriptions::remove_contact),
    };
}

void Crossing::change_contact(Change change,
                              const std::string& user,
                              const std::string& contact,
                              Done done) {
    const std::uint64_t question = next_question_++;
    questions_.emplace(question, std::move(done));
    traffic_.loop().post([this, change, user, contact, question] {
        (traffic_.subscriptions().*change)(user, contact, [this, question](Result<void> result) {
            control_.post(
                [this, question, result = std::move(result)] { answer(question, result); });
        });
    });
}

void Crossing::list(const control::SubscriptionFilter& filter, ListDone done) {
    const std::uint64_t question = next_question_++;
    ListQuestion& asked = lists_[question];
    asked.done = std::move(done);
    asked.patience = std::make_unique<Timer>(control_.timers(), [this, question] {
        // Not at once: the timer goes with the question.
        control_.post([this, question] { answer_list(question, no_answer()); });
    });
    asked.patience->arm(kListPatience);
    traffic_.loop().post([this, question, filter = to_gateway(filter)] {
        traffic_.subscriptions().list(
            filter, [this, question](Result<gateway::SubscriptionPage> page) {
                // Shared, because what is posted is copied.
                auto made = std::make_shared<Result<control::SubscriptionPage>>(no_answer());
                if (page) {
                    *made = to_control(std::move(*page));
                } else {
                    *made = page.error();
                }
                control_.post([this, question, made] { answer_list(question, std::move(*made)); });
            });
    });
}

void Crossing::answer_list(std::uint64_t question, Result<control::SubscriptionPage> page) {
    if (auto asked = lists_.extract(question); asked) {
        asked.mapped().done(std::move(page));
    }
}

void Crossing::answer(std::uint64_t question, Result<void> result) {
    // A question is answered once; should the flow answer twice, the second has nobody to hear it.
    if (auto asked = questions_.extract(question); asked) {
        asked.mapped()(std::move(result));
    }
}

control::LinkTestSide Crossing::link_test_side(std::string server_name) {
    return {
        .local_domain =
            [this](const control::LinkTestOrder& order) {
                return local_domain_of(order, traffic_.served());
            },
        .start =
            [this](const control::LinkTestOrder& order, control::LinkTestSide::Handlers handlers) {
                return start_link_test(order, std::move(handlers));
            },
        .stop = [this](std::uint64_t number) { stop_link_test(number); },
        .server_name = std::move(server_name)};
}

std::uint64_t Crossing::start_link_test(const control::LinkTestOrder& order,
                                        control::LinkTestSide::Handlers handlers) {
    const std::uint64_t number = next_question_++;
    link_tests_.emplace(number, std::move(handlers));
    const auto on_step = [this, number](xmpp::TestStep step) {
        // Shared, because what is posted is copied.
        auto made = std::make_shared<control::TestStep>(to_control(std::move(step)));
        control_.post([this, number, made] {
            if (const auto found = link_tests_.find(number); found != link_tests_.end()) {
                found->second.on_step(std::move(*made));
            }
        });
    };
    const auto on_done = [this, number] {
        control_.post([this, number] {
            if (auto found = link_tests_.extract(number); found) {
                found.mapped().on_done();
            }
        });
    };
    traffic_.loop().post(
        [this, number, on_step, on_done, asked = to_xmpp(order, traffic_.served())] {
            traffic_.start_link_test(number, asked, {.on_step = on_step, .on_done = on_done});
        });
    return number;
}

void Crossing::stop_link_test(std::uint64_t number) {
    if (link_tests_.erase(number) != 0) {
        traffic_.loop().post([this, number] { traffic_.stop_link_test(number); });
    }
}

void Crossing::look_up(std::vector<std::string> domains,
                       std::function<void(std::vector<control::OwnRecords>)> done) {
    const std::uint64_t number = next_question_++;
    lookups_.emplace(number, std::move(done));
    const auto answer = [this, number](std::vector<control::OwnRecords> records) {
        auto made = std::make_shared<std::vector<control::OwnRecords>>(std::move(records));
        control_.post([this, number, made] {
            if (auto found = lookups_.extract(number); found) {
                found.mapped()(std::move(*made));
            }
        });
    };
    traffic_.loop().post(
        [this, domains = std::move(domains), answer] { traffic_.look_up(domains, answer); });
}

void Crossing::test_peer(std::size_t index,
                         std::function<void(Result<std::vector<control::TestStep>>)> done) {
    const std::uint64_t number = next_question_++;
    peer_tests_.emplace(number, std::move(done));
    const auto answer = [this, number](Result<std::vector<control::TestStep>> steps) {
        auto made = std::make_shared<Result<std::vector<control::TestStep>>>(std::move(steps));
        control_.post([this, number, made] {
            if (auto found = peer_tests_.extract(number); found) {
                found.mapped()(std::move(*made));
            }
        });
    };
    traffic_.loop().post([this, index, answer] {
        const bool is_asked = traffic_.test_peer(
            index, [answer](std::vector<control::TestStep> steps) { answer(std::move(steps)); });
        if (!is_asked) {
            answer(make_error(ErrorKind::Limit,
                              "IST-API-011",
                              "Too many tests are under way.",
                              "eight SIP peers are tested at once at most"));
        }
    });
}

}  // namespace isthmus::app
