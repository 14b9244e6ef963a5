// A presentity that writes down what it is asked, and the peers that watch it.
#pragma once

#include "sip/event_world.h"
#include "sip/notifier.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::sip::test {

/// Whom they watch.
class Presentity final : public NotifierHandler {
  public:
    void describe(std::uint64_t owner, Arena& arena, NotifyContent& into) override {
        described.push_back(owner);
        into.state = state;
        into.body = arena.copy(body);
        into.content_language = language;
        if (then) {
            then();
        }
    }

    void on_refresh(std::uint64_t owner) override {
        refreshed.push_back(owner);
        if (then_on_refresh) {
            then_on_refresh();
        }
    }

    void describe_end(std::uint64_t owner, Arena& arena, NotifyContent& into) override {
        described_end.push_back(owner);
        into.body = arena.copy(last_body);
    }

    void on_end(std::uint64_t owner, End end) override { ends.emplace_back(owner, end); }

    bool is_peer_away(std::uint64_t /*owner*/) override { return peer_is_away; }

    bool peer_is_away = false;

    SubscriptionState state = SubscriptionState::Active;
    std::string body = "<open/>";
    std::string last_body = "<closed/>";
    std::string language;
    std::function<void()> then;
    std::function<void()> then_on_refresh;
    std::vector<std::uint64_t> described;
    std::vector<std::uint64_t> described_end;
    std::vector<std::uint64_t> refreshed;
    std::vector<std::pair<std::uint64_t, End>> ends;
};

struct SubscribeFields {
    std::string cseq = "1";
    std::string event = "presence";
    std::string expires = "3600";
    std::string accept = "application/pidf+xml";
    std::string contact = "<sip:alice@192.0.2.7>";
    std::string extra = {};
    std::string call_id = "call-1";
    std::string from_tag = "theirs";
    std::string to_tag = {};
};

inline std::uint32_t now_epoch = 1'790'000'000;

inline std::uint32_t epoch() {
    return now_epoch;
}

class NotifierTest : public testing::Test {
  protected:
    NotifierTest() { now_epoch = 1'790'000'000; }

    static NotifierConfig config() {
        NotifierConfig made;
        made.epoch_seconds = epoch;
        return made;
    }

    void make(const NotifierConfig& with) {
        notifiers = make_notifiers(with, sender, timers, random, registry, presentity);
    }

    static std::string text_of(const SubscribeFields& f) {
        const auto line = [](std::string_view name, const std::string& value) {
            return value.empty() ? "" : std::string(name) + ": " + value + "\r\n";
        };
        return "SUBSCRIBE sip:juliet@fabrikam.example SIP/2.0\r\n"
               "Via: SIP/2.0/TLS p.example;branch=z9hG4bKs\r\nMax-Forwards: 70\r\n"
               "From: \"Alice\" <sip:alice@contoso.example>" +
               (f.from_tag.empty() ? "" : ";tag=" + f.from_tag) +
               "\r\nTo: <sip:juliet@fabrikam.example>" +
               (f.to_tag.empty() ? "" : ";tag=" + f.to_tag) + "\r\nCall-ID: " + f.call_id +
               "\r\nCSeq: " + f.cseq + " SUBSCRIBE\r\n" + line("Event", f.event) +
               line("Expires", f.expires) + line("Accept", f.accept) + line("Contact", f.contact) +
               (f.extra.empty() ? "" : f.extra + "\r\n") + "Content-Length: 0\r\n\r\n";
    }

    /// Outside a dialog; accepted if it passes.
    Answer subscribe(const SubscribeFields& f = {}, std::uint64_t owner = 42) {
        const Parsed parsed(text_of(f));
        RecordingTransaction transaction("tag" + std::to_string(owner),
                                         [&] { sent_before_answer = sender.requests.size(); });
        handle = 0;
        if (const auto granted = notifiers->check(parsed.request(), transaction)) {
            EXPECT_EQ(transaction.answer.status, 0);
            handle = notifiers->accept(
                parsed.request(), transaction, *granted, "contoso.example", owner);
        }
        return transaction.answer;
    }

    /// The first of the two steps.
    PreparedWatch prepare(RecordingTransaction& transaction, const SubscribeFields& f = {}) {
        const Parsed parsed(text_of(f));
        const auto granted = notifiers->check(parsed.request(), transaction);
        EXPECT_TRUE(granted);
        return notifiers->prepare(
            parsed.request(), transaction, granted.value_or(WatchRequest{}), "contoso.example", 42);
    }

    /// Inside one.
    Answer refresh(SubscribeFields f = {}) {
        if (f.to_tag.empty()) {
            f.to_tag = "tag42";
        }
        if (f.cseq == "1") {
            f.cseq = "2";
        }
        const Parsed parsed(text_of(f));
        RecordingTransaction transaction("unused",
                                         [&] { sent_before_answer = sender.requests.size(); });
        refreshed = notifiers->on_refresh(parsed.request(), transaction);
        return transaction.answer;
    }

    /// Watching, first NOTIFY answered, and the interval over.
    Sent live(const SubscribeFields& f = {}) {
        EXPECT_EQ(subscribe(f).status, 200);
        const Sent first = sender.take();
        respond_to(first, "200 OK");
        timers.advance(seconds(5));
        return first;
    }

    Timers timers;
    CountingRandom random;
    metrics::Registry registry;
    RecordingSender sender;
    Presentity presentity;
    SubscriptionHandle handle = 0;
    std::optional<std::uint64_t> refreshed;
    std::size_t sent_before_answer = 0;
    std::unique_ptr<Notifiers> notifiers =
        make_notifiers(config(), sender, timers, random, registry, presentity);
};

}  // namespace isthmus::sip::test
