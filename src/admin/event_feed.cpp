#include "admin/event_feed.h"

#include "base/text.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

using control::Right;

std::string sse_text(std::string_view name, std::string_view data, std::string_view id) {
    // Serialised JSON has no line ends; an event that had one would be two.
    std::string made = id.empty() ? std::string() : fmt::format("id: {}\n", id);
    made += fmt::format("event: {}\ndata: ", name);
    std::ranges::replace_copy_if(
        data, std::back_inserter(made), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return made += "\n\n";
}

EventFeed::EventFeed(Timers& timers, std::string boot)
    : boot_(std::move(boot)), beat_(timers, [this] { beat(); }) {}

EventFeed::~EventFeed() {
    stop();
}

std::string EventFeed::id_of(std::uint64_t number) const {
    return fmt::format("{}-{}", boot_, number);
}

void EventFeed::add(std::shared_ptr<HttpStream> stream,
                    control::Role role,
                    std::function<control::Author()> author_now,
                    std::string_view last_id) {
    if (is_stopped_ || is_full()) {
        return stream->close(sse_text(
            "end", json::serialize(json::object{{"why", is_stopped_ ? "stopping" : "too many"}})));
    }
    const auto at =
        listeners_.insert(listeners_.end(), {std::move(stream), role, std::move(author_now)});
    at->stream->on_gone([this, at] { listeners_.erase(at); });
    resume(*at, last_id);
    if (!beat_.is_armed()) {
        beat_.arm(kBeat);
    }
    if (listeners_.size() == 1 && on_first_) {
        on_first_();
    }
}

void EventFeed::resume(Listener& listener, std::string_view last_id) {
    listener.stream->write("retry: 2000\n\n");
    constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
    const bool is_ours = last_id.size() > boot_.size() + 1 && last_id.starts_with(boot_ + "-");
    const std::uint64_t number =
        is_ours ? text::to_number(last_id.substr(boot_.size() + 1)).value_or(kNone) : kNone;
    const std::uint64_t first = kept_.empty() ? last_ + 1 : kept_.front().number;
    if (!last_id.empty() && (number == kNone || number + 1 < first || number > last_)) {
        listener.stream->write(
            sse_text("reset", R"({"why":"events were missed; read everything again"})"));
    } else if (number != kNone) {
        for (const Event& event : kept_) {
            if (event.number > number && control::may(listener.role, event.right)) {
                listener.stream->write(event.text);
            }
        }
    }
    listener.stream->write(sse_text(
        "hello",
        json::serialize(json::object{
            {"heartbeat_seconds", std::chrono::duration_cast<std::chrono::seconds>(kBeat).count()},
            {"role", control::name_of(listener.role)}}),
        id_of(last_)));
}

EventFeed::Place EventFeed::drop(Place at, std::string_view name, std::string_view why) {
    at->stream->close(sse_text(name, json::serialize(json::object{{"why", why}})));
    return listeners_.erase(at);
}

void EventFeed::send(Right right, std::string_view text) {
    for (auto at = listeners_.begin(); at != listeners_.end();) {
        if (!control::may(at->role, right) || at->stream->write(text)) {
            ++at;
        } else {
            at = drop(at, "dropped", "this listener does not keep up");
        }
    }
}

void EventFeed::publish(std::string_view name, Right right, const json::object& data) {
    ++last_;
    kept_.push_back({last_, right, sse_text(name, json::serialize(data), id_of(last_))});
    if (kept_.size() > kKept) {
        kept_.pop_front();
    }
    send(right, kept_.back().text);
}

void EventFeed::publish_passing(std::string_view name, Right right, const json::object& data) {
    if (has_listeners()) {
        send(right, sse_text(name, json::serialize(data)));
    }
}

void EventFeed::beat() {
    for (auto at = listeners_.begin(); at != listeners_.end();) {
        if (at->author_now) {
            at->role = at->author_now().role;
        }
        if (!control::may(at->role, Right::Read)) {
            at = drop(at, "end", "signed out");
        } else if (!at->stream->write(": beat\n\n")) {
            at = drop(at, "dropped", "this listener does not keep up");
        } else {
            ++at;
        }
    }
    if (has_listeners()) {
        beat_.arm(kBeat);
    }
}

void EventFeed::stop() {
    is_stopped_ = true;
    beat_.cancel();
    for (auto at = listeners_.begin(); at != listeners_.end();) {
        at = drop(at, "end", "stopping");
    }
}

}  // namespace isthmus::admin
