#include "net/unbound_events.h"

#include <sys/time.h>

namespace isthmus::net {

namespace {

using Callback = void (*)(int, short, void*);

Duration to_duration(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// One event of libunbound: a descriptor, a time, or both.
class Event final : public ub_event, Watch {
  public:
    Event(EventLoop& loop, int descriptor, short bits, Callback callback, void* argument);

    static Event& of(ub_event* event) { return *static_cast<Event*>(event); }

    int activate(const timeval* timeout) {
        if (descriptor_ >= 0 &&
            !watch(descriptor_, (bits_ & UB_EV_READ) != 0, (bits_ & UB_EV_WRITE) != 0)) {
            return -1;
        }
        timeout_ = Duration::zero();
        timer_.cancel();
        if (timeout != nullptr) {
            timeout_ = to_duration(*timeout);
            timer_.arm(timeout_);
        }
        return 0;
    }

    int deactivate() {
        forget();
        timer_.cancel();
        return 0;
    }

    void set_callback(Callback callback, void* argument) {
        callback_ = callback;
        argument_ = argument;
    }

    void set_bits(short bits) { bits_ = bits; }

    short bits() const { return bits_; }

    void set_descriptor(int descriptor) { descriptor_ = descriptor; }

  private:
    void on_ready(bool readable, bool writable) override {
        fire(static_cast<short>((readable ? UB_EV_READ : 0) | (writable ? UB_EV_WRITE : 0)));
    }

    /// The callback may free the event: nothing after it.
    void fire(short what) {
        if ((bits_ & UB_EV_PERSIST) == 0) {
            deactivate();
        } else if (timeout_ > Duration::zero()) {
            timer_.arm(timeout_);
        }
        callback_(descriptor_, what, argument_);
    }

    int descriptor_;
    short bits_;
    Callback callback_;
    void* argument_;
    Duration timeout_ = Duration::zero();
    Timer timer_;
};

// The table is C's: captureless lambdas stand for its functions. Signals and Windows are not used.
ub_event_vmt& event_functions() {
    static ub_event_vmt functions = {
        .add_bits =
            [](ub_event* event, short bits) {
                Event::of(event).set_bits(static_cast<short>(Event::of(event).bits() | bits));
            },
        .del_bits =
            [](ub_event* event, short bits) {
                Event::of(event).set_bits(static_cast<short>(Event::of(event).bits() & ~bits));
            },
        .set_fd = [](ub_event* event,
                     int descriptor) { Event::of(event).set_descriptor(descriptor); },
        .free = [](ub_event* event) { delete &Event::of(event); },
        .add = [](ub_event* event, timeval* timeout) { return Event::of(event).activate(timeout); },
        .del = [](ub_event* event) { return Event::of(event).deactivate(); },
        .add_timer =
            [](ub_event* event, ub_event_base*, Callback callback, void* argument, timeval* after) {
                Event::of(event).set_callback(callback, argument);
                return Event::of(event).activate(after);
            },
        .del_timer = [](ub_event* event) { return Event::of(event).deactivate(); },
        .add_signal = [](ub_event*, timeval*) { return -1; },
        .del_signal = [](ub_event*) { return -1; },
        .winsock_unregister_wsaevent = [](ub_event*) {},
        .winsock_tcp_wouldblock = [](ub_event*, int) {},
    };
    return functions;
}

ub_event_base_vmt& base_functions() {
    static ub_event_base_vmt functions = {
        .free = [](ub_event_base*) {},
        .dispatch = [](ub_event_base*) { return -1; },
        .loopexit = [](ub_event_base*, timeval*) { return -1; },
        .new_event =
            [](ub_event_base* base, int descriptor, short bits, Callback callback, void* argument)
            -> ub_event* {
            return new Event(
                static_cast<UnboundEvents*>(base)->loop(), descriptor, bits, callback, argument);
        },
        .new_signal = [](ub_event_base*, int, Callback, void*) -> ub_event* { return nullptr; },
        .winsock_register_wsaevent = [](ub_event_base*, void*, Callback, void*) -> ub_event* {
            return nullptr;
        },
    };
    return functions;
}

Event::Event(EventLoop& loop, int descriptor, short bits, Callback callback, void* argument)
    : ub_event{UB_EVENT_MAGIC, &event_functions()},
      Watch(loop),
      descriptor_(descriptor),
      bits_(bits),
      callback_(callback),
      argument_(argument),
      timer_(loop.timers(), [this] { fire(UB_EV_TIMEOUT); }) {}

}  // namespace

UnboundEvents::UnboundEvents(EventLoop& loop)
    : ub_event_base{UB_EVENT_MAGIC, &base_functions()}, loop_(loop) {}

}  // namespace isthmus::net
