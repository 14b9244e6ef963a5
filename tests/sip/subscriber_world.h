// A watcher who writes down what it hears, and the peers of its subscriptions.
#pragma once

#include "sip/event_world.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::sip::test {

struct Ended {
    std::uint64_t owner;
    SubscriptionEnd end;
    int status;
    std::optional<std::uint32_t> retry_after;
};

/// Writes down what it hears.
class Watcher final : public SubscriberHandler {
  public:
    int on_notify(std::uint64_t owner, const Notification& notification) override {
        owners.push_back(owner);
        states.push_back(notification.state);
        reasons.push_back(notification.reason);
        retry_afters.push_back(notification.retry_after);
        bodies.emplace_back(notification.body);
        types.emplace_back(notification.content_type);
        languages.emplace_back(notification.content_language);
        if (then) {
            then();
        }
        return status;
    }

    void on_end(std::uint64_t owner,
                SubscriptionEnd end,
                int status_of_it,
                std::optional<std::uint32_t> retry_after) override {
        ends.push_back({owner, end, status_of_it, retry_after});
    }

    int status = 200;
    std::function<void()> then;
    std::vector<std::uint64_t> owners;
    std::vector<SubscriptionState> states;
    std::vector<TerminationReason> reasons;
    std::vector<std::optional<std::uint32_t>> retry_afters;
    std::vector<std::string> bodies;
    std::vector<std::string> types;
    std::vector<std::string> languages;
    std::vector<Ended> ends;
};

/// A NOTIFY as the peer would send it in the dialog of `sent`.
struct NotifyFields {
    std::string from_tag = "theirs";
    std::string cseq = "1";
    std::string event = "presence";
    std::string state = "active;expires=3600";
    std::string contact = "<sip:alice@192.0.2.7>";
    std::string extra = {};
    std::string body = {};
    std::string to_tag = {};  ///< empty: ours
};

class SubscriberTest : public testing::Test {
  protected:
    SubscriptionHandle subscribe(std::uint32_t expires = 3600, std::uint64_t owner = 42) {
        return subscribers->subscribe({.watcher = "<sip:juliet@fabrikam.example>",
                                       .presentity = "sip:alice@contoso.example",
                                       .sip_domain = "contoso.example",
                                       .expires = expires},
                                      owner);
    }

    Answer notify(const Sent& subscribe, const NotifyFields& f = {}) {
        const auto line = [](std::string_view name, const std::string& value) {
            return value.empty() ? "" : std::string(name) + ": " + value + "\r\n";
        };
        const Parsed parsed(
            "NOTIFY sip:gw.example SIP/2.0\r\nVia: SIP/2.0/TLS p.example;branch=z9hG4bKn\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:alice@contoso.example>" +
            (f.from_tag.empty() ? "" : ";tag=" + f.from_tag) +
            "\r\nTo: <sip:juliet@fabrikam.example>;tag=" +
            (f.to_tag.empty() ? subscribe.from_tag : f.to_tag) +
            "\r\nCall-ID: " + subscribe.call_id + "\r\nCSeq: " + f.cseq + " NOTIFY\r\n" +
            line("Event", f.event) + line("Subscription-State", f.state) +
            line("Contact", f.contact) + (f.extra.empty() ? "" : f.extra + "\r\n") +
            (f.body.empty() ? "" : "Content-Type: application/pidf+xml\r\n") +
            "Content-Length: " + std::to_string(f.body.size()) + "\r\n\r\n" + f.body);
        RecordingTransaction transaction("unused");
        subscribers->on_notify(parsed.request(), transaction);
        EXPECT_NE(transaction.answer.status, 0);
        return transaction.answer;
    }

    /// Subscribed, 200 and first NOTIFY had.
    Sent live(std::uint32_t expires = 3600) {
        handle = subscribe(expires);
        const Sent initial = sender.take();
        respond_to(initial, "200 OK", "Expires: " + std::to_string(expires));
        EXPECT_EQ(notify(initial,
                         {.state = "active;expires=" + std::to_string(expires),
                          .extra = "Record-Route: <sip:p1.example;lr>"})
                      .status,
                  200);
        return initial;
    }

    /// Advances until a request leaves; the time that took.
    Duration until_request(Duration most) {
        const TimePoint start = timers.now();
        while (sender.requests.empty() && timers.now() - start < most) {
            timers.advance(milliseconds(500));
        }
        return timers.now() - start;
    }

    Timers timers;
    CountingRandom random;
    metrics::Registry registry;
    RecordingSender sender;
    Watcher watcher;
    SubscriptionHandle handle = 0;
    std::unique_ptr<Subscribers> subscribers =
        make_subscribers({}, sender, timers, random, registry, watcher);
};

}  // namespace isthmus::sip::test
