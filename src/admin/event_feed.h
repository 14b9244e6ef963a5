// What changes, as it changes, to all who listen: server-sent events (WHATWG HTML §9.2). Bounded:
// so many listeners, so much that may wait for each, so many events kept for who comes back. Who
// does not keep up is told so and dropped. Control thread only.
#pragma once

#include "admin/http.h"
#include "base/clock.h"
#include "control/author.h"
#include "control/rights.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::admin {

/// One event as it goes over the wire; `data` is one line of JSON. Empty `id`: it has none.
std::string sse_text(std::string_view name, std::string_view data, std::string_view id = {});

class EventFeed {
  public:
    static constexpr std::size_t kMostListeners = 64;
    static constexpr std::size_t kKept = 1000;
    static constexpr Duration kBeat = std::chrono::seconds(15);

    /// `boot`: another one in each run, so that ids of an earlier one are told apart.
    EventFeed(Timers& timers, std::string boot);
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;
    EventFeed(EventFeed&&) = delete;
    EventFeed& operator=(EventFeed&&) = delete;
    ~EventFeed();

    bool is_full() const { return listeners_.size() >= kMostListeners; }

    bool has_listeners() const { return !listeners_.empty(); }

    /// Called when there is a first listener.
    void on_first(std::function<void()> call) { on_first_ = std::move(call); }

    /// `last_id`: of the last event that it has; what came since is sent again, or `reset` if that
    /// is not kept any more. `author_now` is asked every 15 s; without the right to read it ends.
    void add(std::shared_ptr<HttpStream> stream,
             control::Role role,
             std::function<control::Author()> author_now,
             std::string_view last_id);

    /// To all who have `right`, and kept for those who come back.
    void publish(std::string_view name, control::Right right, const boost::json::object& data);
    /// To all who are there now.
    void publish_passing(std::string_view name,
                         control::Right right,
                         const boost::json::object& data);

    /// The daemon stops: all are told.
    void stop();

  private:
    struct Event {
        std::uint64_t number = 0;
        control::Right right = control::Right::Read;
        std::string text;
    };

    struct Listener {
        std::shared_ptr<HttpStream> stream;
        control::Role role = control::Role::None;
        std::function<control::Author()> author_now;
    };

    using Place = std::list<Listener>::iterator;

    std::string id_of(std::uint64_t number) const;
    void resume(Listener& listener, std::string_view last_id);
    void send(control::Right right, std::string_view text);
    Place drop(Place at, std::string_view name, std::string_view why);
    void beat();

    std::string boot_;
    std::uint64_t last_ = 0;
    std::deque<Event> kept_;
    std::list<Listener> listeners_;
    std::function<void()> on_first_;
    bool is_stopped_ = false;
    Timer beat_;
};

}  // namespace isthmus::admin
