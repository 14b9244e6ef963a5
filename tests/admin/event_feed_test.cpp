// The feed of events: who hears what, what is sent again, and what happens to who does not keep up.
#include "admin/event_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::admin {
namespace {

using namespace std::chrono_literals;
using control::Right;
using control::Role;

/// What a client has been sent.
struct Page {
    std::string text;
    bool is_open = true;
    bool is_slow = false;
    std::function<void()> on_gone;
};

class FakeStream final : public HttpStream {
  public:
    explicit FakeStream(std::shared_ptr<Page> page) : page_(std::move(page)) {}

    bool write(std::string_view text) override {
        if (page_->is_slow || !page_->is_open) {
            return false;
        }
        page_->text += text;
        return true;
    }

    std::size_t waiting() const override { return 0; }

    void close(std::string_view last_words) override {
        page_->text += page_->is_open ? last_words : "";
        page_->is_open = false;
        page_->on_gone = nullptr;
    }

    void on_gone(std::function<void()> call) override { page_->on_gone = std::move(call); }

  private:
    std::shared_ptr<Page> page_;
};

class EventFeedTest : public testing::Test {
  protected:
    std::shared_ptr<Page> listen(Role role, std::string_view last_id = {}) {
        auto page = std::make_shared<Page>();
        feed.add(std::make_shared<FakeStream>(page), role, {}, last_id);
        return page;
    }

    static std::size_t count(const std::string& text, std::string_view what) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) {
            ++found;
        }
        return found;
    }

    Timers timers;
    EventFeed feed{timers, "cafe"};
};

TEST_F(EventFeedTest, OnlyThoseWithTheRightHear) {
    const auto admin = listen(Role::Admin);
    const auto viewer = listen(Role::Viewer);
    feed.publish("trace", Right::Trace, {{"id", "t1"}});
    feed.publish("stream", Right::Read, {{"id", "o1"}});
    EXPECT_NE(admin->text.find("id: cafe-1\nevent: trace\ndata: {\"id\":\"t1\"}\n\n"),
              std::string::npos)
        << admin->text;
    EXPECT_EQ(viewer->text.find("t1"), std::string::npos);
    EXPECT_EQ(count(viewer->text, "event: stream"), 1U);
}

TEST_F(EventFeedTest, WhoComesBackGetsWhatHeMissed) {
    for (int i = 1; i <= 5; ++i) {
        feed.publish("stream", Right::Read, {{"n", i}});
    }
    feed.publish("trace", Right::Trace, {{"n", 6}});
    const auto page = listen(Role::Viewer, "cafe-3");
    EXPECT_EQ(count(page->text, "event: stream"), 2U) << page->text;
    EXPECT_EQ(page->text.find("event: trace"), std::string::npos);
    EXPECT_EQ(page->text.find("reset"), std::string::npos);
    EXPECT_NE(page->text.find("id: cafe-6\nevent: hello"), std::string::npos);
    const auto newest = listen(Role::Viewer, "cafe-6");
    EXPECT_EQ(newest->text.find("reset"), std::string::npos);
    EXPECT_EQ(newest->text.find("event: stream"), std::string::npos);
}

TEST_F(EventFeedTest, WhatIsNotKeptIsSaid) {
    for (std::size_t i = 0; i <= EventFeed::kKept; ++i) {
        feed.publish("stream", Right::Read, {});
    }
    for (const char* id : {"cafe-0", "beef-3", "cafe-x", "nonsense", "cafe-1002", "cafe-"}) {
        EXPECT_NE(listen(Role::Viewer, id)->text.find("event: reset"), std::string::npos) << id;
    }
    for (const char* id : {"", "cafe-1", "cafe-1001"}) {
        EXPECT_EQ(listen(Role::Viewer, id)->text.find("event: reset"), std::string::npos) << id;
    }
}

TEST_F(EventFeedTest, WhoDoesNotKeepUpIsToldAndDropped) {
    const auto slow = listen(Role::Viewer);
    const auto good = listen(Role::Viewer);
    slow->is_slow = true;
    feed.publish("stream", Right::Read, {});
    EXPECT_FALSE(slow->is_open);
    EXPECT_NE(slow->text.find("event: dropped"), std::string::npos);
    EXPECT_TRUE(good->is_open);
    feed.publish("stream", Right::Read, {});
    EXPECT_EQ(count(good->text, "event: stream"), 2U);
}

TEST_F(EventFeedTest, BeatsAndLooksWhetherTheRightIsStillThere) {
    auto page = std::make_shared<Page>();
    Role role = Role::Viewer;
    feed.add(std::make_shared<FakeStream>(page),
             role,
             [&role] { return control::Author{{"a", "b"}, role}; },
             {});
    timers.advance(EventFeed::kBeat);
    EXPECT_EQ(count(page->text, ": beat"), 1U);
    timers.advance(EventFeed::kBeat);
    EXPECT_EQ(count(page->text, ": beat"), 2U);
    role = Role::None;
    timers.advance(EventFeed::kBeat);
    EXPECT_FALSE(page->is_open);
    EXPECT_NE(page->text.find("signed out"), std::string::npos);
    EXPECT_FALSE(feed.has_listeners());
    EXPECT_EQ(timers.armed(), 0U) << "nobody is there";
}

TEST_F(EventFeedTest, SoManyAndNotOneMore) {
    std::vector<std::shared_ptr<Page>> pages;
    for (std::size_t i = 0; i < EventFeed::kMostListeners; ++i) {
        pages.push_back(listen(Role::Viewer));
    }
    EXPECT_TRUE(feed.is_full());
    EXPECT_FALSE(listen(Role::Viewer)->is_open);
    std::exchange(pages[7]->on_gone, nullptr)();
    EXPECT_FALSE(feed.is_full());
    EXPECT_TRUE(listen(Role::Viewer)->is_open);
}

TEST_F(EventFeedTest, TheEndIsTold) {
    int first = 0;
    feed.on_first([&first] { ++first; });
    const auto one = listen(Role::Viewer);
    const auto other = listen(Role::Viewer);
    EXPECT_EQ(first, 1);
    feed.stop();
    for (const auto& page : {one, other, listen(Role::Viewer)}) {
        EXPECT_FALSE(page->is_open);
        EXPECT_NE(page->text.find("event: end\ndata: {\"why\":\"stopping\"}"), std::string::npos);
    }
    feed.publish("stream", Right::Read, {});
}

// A value of the wire in an event can end neither the line nor the event.
TEST(SseText, IsOneEventWhateverTheData) {
    EXPECT_EQ(sse_text("a", "x\n\nevent: evil\rdata: y", "1"),
              "id: 1\nevent: a\ndata: x  event: evil data: y\n\n");
}

}  // namespace
}  // namespace isthmus::admin
