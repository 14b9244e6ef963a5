#include "app/crossing.h"

#include "app/crossing_ask.h"
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

}  // namespace isthmus::app
