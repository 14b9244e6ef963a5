// What a live subscription takes, for a million of them must fit, and that NOTIFY allocates
// nothing in either direction. Replaces the allocation functions of the whole test program.
#include "sip/notifier_world.h"
#include "sip/subscriber_world.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

namespace isthmus::sip::test {
namespace {

struct Heap {
    std::size_t octets = 0;  ///< held, with malloc's own
    std::size_t calls = 0;   ///< of operator new
};

thread_local Heap heap;
constexpr std::size_t kChunkHeader = 8;

}  // namespace
}  // namespace isthmus::sip::test

void* operator new(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    auto& heap = isthmus::sip::test::heap;
    heap.octets += malloc_usable_size(memory) + isthmus::sip::test::kChunkHeader;
    ++heap.calls;
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) {
        isthmus::sip::test::heap.octets -=
            malloc_usable_size(memory) + isthmus::sip::test::kChunkHeader;
    }
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    operator delete(memory);
}

namespace isthmus::sip::test {
namespace {

constexpr std::size_t kDialogs = 8192;
constexpr std::size_t kMostOctets = 600;

class QuietTransaction final : public IncomingRequest {
  public:
    explicit QuietTransaction(std::string_view tag) : tag_(tag) {}

    void respond(const OutgoingResponse& response) override { status = response.status; }

    std::string_view to_tag() const override { return tag_; }

    int status = 0;

  private:
    std::string_view tag_;
};

class QuietWatcher final : public SubscriberHandler {
  public:
    int on_notify(std::uint64_t /*owner*/, const Notification& /*notification*/) override {
        ++notifications;
        return 200;
    }

    void on_end(std::uint64_t /*owner*/,
                SubscriptionEnd /*end*/,
                int /*status*/,
                std::optional<std::uint32_t> /*retry_after*/) override {}

    std::size_t notifications = 0;
};

class QuietPresentity final : public NotifierHandler {
  public:
    void describe(std::uint64_t /*owner*/, Arena& arena, NotifyContent& into) override {
        into.body = arena.copy("<presence/>");
    }

    void on_refresh(std::uint64_t /*owner*/) override {}

    void describe_end(std::uint64_t /*owner*/, Arena& /*arena*/, NotifyContent& /*into*/) override {
    }

    void on_end(std::uint64_t /*owner*/, End /*end*/) override {}

    bool is_peer_away(std::uint64_t /*owner*/) override { return false; }
};

/// Keeps nothing but what an answer needs.
class QuietSender final : public EventSender {
  public:
    void send(const OutgoingRequest& request,
              std::string_view /*sip_domain*/,
              std::string_view /*next_hop*/,
              ResponseHandler& handler,
              std::uint64_t cookie) override {
        call_id.assign(request.call_id);
        from_tag.assign(request.from_tag);
        handler_ = &handler;
        cookie_ = cookie;
        answer_.cseq.number = request.cseq;
        answer_.status = 200;
        ++count;
    }

    std::string_view contact(std::string_view /*sip_domain*/) const override {
        return "<sip:gw.example:5061;transport=tls>";
    }

    void answer() { handler_->on_response(cookie_, answer_); }

    std::string call_id;
    std::string from_tag;
    std::size_t count = 0;

  private:
    ResponseHandler* handler_ = nullptr;
    std::uint64_t cookie_ = 0;
    Response answer_;
};

class DialogMemory : public testing::Test {
  protected:
    // As long as such things are: GRUU in Contact, two proxies on the way.
    static constexpr std::string_view kPath =
        "Contact: <sip:alice.example@pool01.contoso.example:5061;transport=tls;"
        "opaque=user:epid:b5c2a81c;gruu>\r\n"
        "Record-Route: <sip:edge.contoso.example:5061;transport=tls;lr>, "
        "<sip:pool01.contoso.example:5061;transport=tls;lr>\r\n";

    static std::string head(std::string_view method,
                            std::string_view call_id,
                            std::string_view to_tag,
                            std::string_view from_tag) {
        std::string text(method);
        return text.append(" sip:juliet@fabrikam.example SIP/2.0\r\n")
            .append("Via: SIP/2.0/TLS p.example;branch=z9hG4bKn\r\nMax-Forwards: 70\r\n")
            .append("From: <sip:alice.example@contoso.example>;tag=")
            .append(from_tag)
            .append("\r\nTo: <sip:juliet.example@fabrikam.example>")
            .append(to_tag.empty() ? "" : ";tag=")
            .append(to_tag)
            .append("\r\nCall-ID: ")
            .append(call_id)
            .append("\r\nCSeq: 1 ")
            .append(method)
            .append("\r\nEvent: presence\r\n")
            .append(kPath);
    }

    Timers timers;
    CountingRandom random;
    metrics::Registry registry;
    QuietSender sender;
};

TEST_F(DialogMemory, OfASubscriber) {
    QuietWatcher watcher;
    const std::size_t before = heap.octets;
    auto subscribers = make_subscribers({}, sender, timers, random, registry, watcher);
    std::string last;
    for (std::size_t i = 0; i < kDialogs; ++i) {
        ASSERT_NE(
            subscribers->subscribe({.watcher = "<sip:juliet.example@fabrikam.example;gr=balcony>",
                                    .presentity = "sip:alice.example@contoso.example",
                                    .sip_domain = "contoso.example",
                                    .expires = 3600},
                                   i),
            0U);
        sender.answer();
        const Parsed notify(head("NOTIFY", sender.call_id, sender.from_tag, "a1b2c3d4e5f60718") +
                            "Subscription-State: active;expires=3600\r\nContent-Length: 0\r\n\r\n");
        QuietTransaction transaction("");
        subscribers->on_notify(notify.request(), transaction);
        ASSERT_EQ(transaction.status, 200);
    }
    ASSERT_EQ(subscribers->size(), kDialogs);
    const std::size_t each = (heap.octets - before) / kDialogs;
    RecordProperty("octets", static_cast<int>(each));
    EXPECT_LE(each, kMostOctets);

    const Parsed notify(head("NOTIFY", sender.call_id, sender.from_tag, "a1b2c3d4e5f60718") +
                        "Subscription-State: active;expires=3600\r\n"
                        "Content-Type: application/pidf+xml\r\nContent-Length: 4\r\n\r\n<p/>");
    Request request = notify.request();
    const std::size_t calls = heap.calls;
    for (int i = 0; i < 1000; ++i) {
        ++request.cseq.number;
        QuietTransaction transaction("");
        subscribers->on_notify(request, transaction);
        ASSERT_EQ(transaction.status, 200);
    }
    EXPECT_EQ(heap.calls, calls);
    EXPECT_EQ(watcher.notifications, kDialogs + 1000);
}

TEST_F(DialogMemory, OfANotifier) {
    QuietPresentity presentity;
    NotifierConfig config;
    config.interval = {};
    config.epoch_seconds = epoch;
    const std::size_t before = heap.octets;
    auto notifiers = make_notifiers(config, sender, timers, random, registry, presentity);
    SubscriptionHandle handle = 0;
    for (std::size_t i = 0; i < kDialogs; ++i) {
        const std::string call_id = "0123456789abcdef0123456789abcdef@" + std::to_string(i);
        const Parsed subscribe(head("SUBSCRIBE", call_id, "", "a1b2c3d4e5f60718") +
                               "Content-Length: 0\r\n\r\n");
        QuietTransaction transaction("tag45678");
        const auto granted = notifiers->check(subscribe.request(), transaction);
        ASSERT_TRUE(granted);
        handle =
            notifiers->accept(subscribe.request(), transaction, *granted, "contoso.example", i);
        ASSERT_EQ(transaction.status, 200);
        sender.answer();
    }
    ASSERT_EQ(notifiers->size(), kDialogs);
    const std::size_t each = (heap.octets - before) / kDialogs;
    RecordProperty("octets", static_cast<int>(each));
    EXPECT_LE(each, kMostOctets);

    const std::size_t calls = heap.calls;
    const std::size_t count = sender.count;
    for (int i = 0; i < 1000; ++i) {
        notifiers->changed(handle);
        sender.answer();
    }
    EXPECT_EQ(heap.calls, calls);
    EXPECT_EQ(sender.count, count + 1000);
}

}  // namespace
}  // namespace isthmus::sip::test
