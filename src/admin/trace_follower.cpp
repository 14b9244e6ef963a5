#include "admin/trace_follower.h"

#include "admin/event_feed.h"
#include "admin/trace_json.h"

#include <boost/json/serialize.hpp>

#include <utility>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

TraceFollowers::TraceFollowers(const control::TraceService& traces, Timers& timers)
    : traces_(traces),
      timers_(timers),
      self_(std::make_shared<TraceFollowers*>(this)),
      timer_(timers, [this] { look(); }) {}

TraceFollowers::~TraceFollowers() {
    stop();
    *self_ = nullptr;
}

void TraceFollowers::add(std::string id,
                         std::uint64_t after,
                         std::shared_ptr<HttpStream> stream,
                         std::function<control::Author()> author_now) {
    auto made = std::make_shared<Follower>();
    made->id = std::move(id);
    made->after = after;
    made->stream = std::move(stream);
    made->author_now = std::move(author_now);
    made->beat = timers_.now() + kBeat;
    made->stream->on_gone([this, follower = made.get()] {
        std::erase_if(followers_, [follower](const Shared& one) { return one.get() == follower; });
    });
    made->stream->write("retry: 2000\n\n");
    followers_.push_back(made);
    ask(made);
    if (!timer_.is_armed()) {
        timer_.arm(kInterval);
    }
}

void TraceFollowers::stop() {
    timer_.cancel();
    for (const Shared& follower : std::exchange(followers_, {})) {
        follower->stream->close(sse_text("end", R"({"why":"stopping"})"));
    }
}

void TraceFollowers::end(const Shared& follower, std::string_view why) {
    follower->stream->close(sse_text("end", json::serialize(json::object{{"why", why}})));
    followers_.remove(follower);
}

void TraceFollowers::look() {
    for (const Shared& follower : std::vector<Shared>(followers_.begin(), followers_.end())) {
        if (timers_.now() >= follower->beat) {
            follower->beat = timers_.now() + kBeat;
            if (follower->author_now &&
                !control::may(follower->author_now().role, control::Right::Trace)) {
                end(follower, "signed out");
                continue;
            }
            follower->stream->write(": beat\n\n");
        }
        if (!follower->is_asking && follower->stream->waiting() == 0) {
            ask(follower);
        }
    }
    if (!followers_.empty()) {
        timer_.arm(kInterval);
    }
}

void TraceFollowers::ask(const Shared& follower) {
    follower->is_asking = true;
    traces_.read(follower->id,
                 follower->after,
                 [self = self_, follower](const Result<control::TracePage>& page) {
                     if (*self != nullptr) {
                         (*self)->take(follower, page);
                     }
                 });
}

void TraceFollowers::take(const Shared& follower, const Result<control::TracePage>& page) {
    follower->is_asking = false;
    if (!page) {
        return end(follower, page.error().public_text);
    }
    if (page->trace.first > follower->after + 1) {
        follower->stream->write(sse_text(
            "dropped",
            json::serialize(json::object{{"count", page->trace.first - follower->after - 1}})));
        follower->after = page->trace.first - 1;
    }
    for (const control::TraceEvent& event : page->events) {
        const std::string text =
            sse_text("event", json::serialize(to_json(event)), std::to_string(event.number));
        if (!follower->stream->write(text)) {
            return;  // the rest is asked for again when this has left
        }
        follower->after = event.number;
    }
    if (!page->trace.is_running && page->events.size() < control::TraceService::kPage) {
        end(follower, page->trace.why_ended);
    }
}

}  // namespace isthmus::admin
