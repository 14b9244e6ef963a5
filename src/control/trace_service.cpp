#include "control/trace_service.h"

#include "base/text.h"
#include "control/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kReason = 1024;
constexpr std::size_t kShortestReason = 5;

Error no_such_trace(std::string_view id) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      "There is no such trace.",
                      fmt::format("no trace has the id '{}'; those that have ended make room for "
                                  "new ones",
                                  text::escape_for_log(id, 80)));
}

/// Pages until there are no more.
class WholeTrace : public std::enable_shared_from_this<WholeTrace> {
  public:
    WholeTrace(const TraceSide& side, std::string id, TraceSide::ReadDone done)
        : side_(side), id_(std::move(id)), done_(std::move(done)) {}

    void go_on() {
        side_.read(
            id_, after_, TraceService::kPage, [self = shared_from_this()](Result<TracePage> page) {
                self->take(std::move(page));
            });
    }

  private:
    void take(Result<TracePage> page) {
        if (!page) {
            return done_(page.error());
        }
        const bool is_last = page->events.size() < TraceService::kPage;
        all_.trace = std::move(page->trace);
        for (TraceEvent& event : page->events) {
            after_ = event.number;
            all_.events.push_back(std::move(event));
        }
        is_last ? done_(std::move(all_)) : go_on();
    }

    const TraceSide& side_;
    std::string id_;
    TraceSide::ReadDone done_;
    std::uint64_t after_ = 0;
    TracePage all_;
};

}  // namespace

Result<void> TraceService::check_bodies(const std::string& reason, const Author& author) const {
    const auto refused = [](std::string why) {
        return make_error(
            ErrorKind::Forbidden, "IST-API-042", "Message texts are not recorded.", std::move(why));
    };
    if (!may(author.role, Right::Trace)) {
        return refused("the role may not record traffic");
    }
    if (!may_log_bodies_()) {
        return refused(
            "EnableLoggingAllMessageBodies is False: isthmus gateway set "
            "--enable-logging-all-message-bodies true");
    }
    if (reason.size() < kShortestReason) {
        return refused("a reason is missing: it goes into the audit log");
    }
    return {};
}

void TraceService::add_order(TraceInfo& info) const {
    if (const auto order = orders_.find(info.id); order != orders_.end()) {
        info.admin = order->second.admin;
        info.reason = order->second.reason;
    }
}

void TraceService::finish(TracePage& page) const {
    add_order(page.trace);
    if (!page.trace.with_bodies || may_log_bodies_()) {
        return;
    }
    for (TraceEvent& event : page.events) {
        if (!event.text.empty()) {
            event.text = "[not shown: EnableLoggingAllMessageBodies is False now]";
        }
    }
}

Result<TraceInfo> TraceService::start(TraceOrder order,
                                      const std::string& reason,
                                      const Author& author) {
    auto user = canonical_field(canonical_.user, "user", order.user);
    auto partner = canonical_field(canonical_.domain, "partner", order.partner);
    if (!user || !partner) {
        return user ? partner.error() : user.error();
    }
    order.user = *std::move(user);
    order.partner = *std::move(partner);
    if (order.seconds < kShortest || order.seconds > kLongest || reason.size() > kReason ||
        !text::is_utf8(reason)) {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            reason.size() > kReason
                ? "reason: must be a text of at most 1024 octets."
                : fmt::format("for {}: must be 10 seconds to 30 minutes.", order.seconds),
            {});
    }
    if (order.with_bodies) {
        if (auto good = check_bodies(reason, author); !good) {
            audit_({author.admin,
                    author.origin,
                    "trace",
                    "trace",
                    "refused",
                    "message texts: " + good.error().detail});
            return good.error();
        }
    }
    const std::string id = fmt::format("t{}", ++last_);
    if (auto started = side_.start(id, order); !started) {
        return started.error();
    }
    if (const auto known = side_.list()) {
        std::erase_if(orders_, [&known](const auto& one) {
            return std::ranges::find(*known, one.first, &TraceInfo::id) == known->end();
        });
    }
    orders_[id] = {author.admin, reason};
    audit_({author.admin,
            author.origin,
            "trace",
            "trace/" + id,
            "done",
            fmt::format("user {}, partner {}, {} s{}{}{}",
                        order.user.empty() ? "any" : order.user,
                        order.partner.empty() ? "any" : order.partner,
                        order.seconds,
                        order.with_bodies ? ", with message texts" : "",
                        reason.empty() ? "" : ": ",
                        text::escape_for_log(reason, kReason))});
    if (on_change_) {
        on_change_(id, "started");
    }
    return get(id);
}

Result<TraceInfo> TraceService::stop(const std::string& id, const Author& author) {
    if (auto stopped = side_.stop(id); !stopped) {
        return stopped.error();
    }
    audit_({author.admin, author.origin, "stop", "trace/" + id, "done", {}});
    if (on_change_) {
        on_change_(id, "stopped");
    }
    return get(id);
}

Result<void> TraceService::remove(const std::string& id, const Author& author) {
    if (auto removed = side_.forget(id); !removed) {
        return removed;
    }
    orders_.erase(id);
    audit_({author.admin, author.origin, "delete", "trace/" + id, "done", {}});
    if (on_change_) {
        on_change_(id, "removed");
    }
    return {};
}

Result<std::vector<TraceInfo>> TraceService::list() const {
    auto all = side_.list();
    if (all) {
        std::ranges::for_each(*all, [this](TraceInfo& info) { add_order(info); });
    }
    return all;
}

Result<TraceInfo> TraceService::get(std::string_view id) const {
    auto all = side_.list();
    if (!all) {
        return all.error();
    }
    const auto found = std::ranges::find(*all, id, &TraceInfo::id);
    if (found == all->end()) {
        return no_such_trace(id);
    }
    add_order(*found);
    return std::move(*found);
}

void TraceService::read(const std::string& id,
                        std::uint64_t after,
                        TraceSide::ReadDone done) const {
    side_.read(id, after, kPage, [this, done = std::move(done)](Result<TracePage> page) {
        if (page) {
            finish(*page);
        }
        done(std::move(page));
    });
}

void TraceService::read_all(const std::string& id, TraceSide::ReadDone done) const {
    std::make_shared<WholeTrace>(side_, id, [this, done = std::move(done)](Result<TracePage> page) {
        if (page) {
            finish(*page);
        }
        done(std::move(page));
    })->go_on();
}

void TraceService::note_reading(const TraceInfo& trace,
                                std::string_view how,
                                const Author& author) {
    if (!trace.with_bodies || !may_log_bodies_()) {
        return;
    }
    const TimePoint now = timers_.now();
    std::erase_if(readings_,
                  [now](const auto& reading) { return now - reading.second >= kReading; });
    const bool is_new =
        readings_.emplace(fmt::format("{} {} {}", trace.id, author.admin, author.origin), now)
            .second;
    if (is_new) {
        audit_({author.admin,
                author.origin,
                "read",
                "trace/" + trace.id,
                "done",
                fmt::format("message texts, {}", how)});
    }
}

}  // namespace isthmus::control
