#include "net/event_loop.h"

#include "net/asio_host.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kEventBatch = 128;
constexpr std::uint32_t kIn = EPOLLIN;
constexpr std::uint32_t kOut = EPOLLOUT;
constexpr Duration kForever = std::chrono::hours(1);

int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

int to_milliseconds(Duration time) {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

}  // namespace

/// What epoll reported in this turn; kept so that a watch that dies in it is not called.
struct EventLoop::Batch {
    std::array<epoll_event, kEventBatch> events{};
    std::size_t size = 0;
    std::size_t at = 0;
};

/// Calls from other threads: a list under a lock and an eventfd that is written once per batch.
class EventLoop::Mailbox final : Watch {
  public:
    explicit Mailbox(EventLoop& loop)
        : Watch(loop), descriptor_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
        checked(watch(descriptor_, true, false) ? 0 : -1, "epoll_ctl");
    }

    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    Mailbox(Mailbox&&) = delete;
    Mailbox& operator=(Mailbox&&) = delete;

    ~Mailbox() {
        forget();
        close(descriptor_);
    }

    void put(std::function<void()> call) {
        bool was_empty = false;
        {
            const std::lock_guard lock(mutex_);
            was_empty = calls_.empty();
            calls_.push_back(std::move(call));
        }
        if (was_empty) {
            wake();
        }
    }

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto done = write(descriptor_, &one, sizeof one);
    }

  private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto done = read(descriptor_, &count, sizeof count);
        std::vector<std::function<void()>> calls;
        {
            const std::lock_guard lock(mutex_);
            calls.swap(calls_);
        }
        for (const auto& call : calls) {
            call();
        }
    }

    int descriptor_;
    std::mutex mutex_;
    std::vector<std::function<void()>> calls_;
};

class EventLoop::Signals final : Watch {
  public:
    explicit Signals(EventLoop& loop) : Watch(loop) {
        sigemptyset(&set_);
        descriptor_ = checked(signalfd(-1, &set_, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
        checked(watch(descriptor_, true, false) ? 0 : -1, "epoll_ctl");
    }

    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    Signals(Signals&&) = delete;
    Signals& operator=(Signals&&) = delete;

    ~Signals() {
        forget();
        close(descriptor_);
    }

    void add(int number, std::function<void()> call) {
        calls_[number] = std::move(call);
        sigaddset(&set_, number);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        checked(signalfd(descriptor_, &set_, 0), "signalfd");
    }

  private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        signalfd_siginfo info{};
        while (read(descriptor_, &info, sizeof info) == sizeof info) {
            const auto found = calls_.find(static_cast<int>(info.ssi_signo));
            if (found != calls_.end()) {
                found->second();
            }
        }
    }

    int descriptor_ = -1;
    sigset_t set_{};
    std::map<int, std::function<void()>> calls_;
};

bool Watch::watch(int descriptor, bool readable, bool writable) {
    descriptor_ = descriptor;
    const std::uint32_t interest = (readable ? kIn : 0U) | (writable ? kOut : 0U);
    return interest == interest_ || loop_.set_interest(*this, interest);
}

void Watch::forget() {
    if (interest_ != 0) {
        loop_.set_interest(*this, 0);
    }
}

EndOfTurn::~EndOfTurn() {
    if (listed_) {
        (previous_ != nullptr ? previous_->next_ : loop_.first_) = next_;
        (next_ != nullptr ? next_->previous_ : loop_.last_) = previous_;
    }
}

void EndOfTurn::at_end_of_turn() {
    if (listed_) {
        return;
    }
    listed_ = true;
    next_ = nullptr;
    previous_ = loop_.last_;
    (previous_ != nullptr ? previous_->next_ : loop_.first_) = this;
    loop_.last_ = this;
}

EventLoop::EventLoop() : EventLoop([] { return TimePoint(std::chrono::steady_clock::now()); }) {}

EventLoop::EventLoop(Now now)
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      now_(now),
      timers_(now()),
      batch_(std::make_unique<Batch>()),
      mailbox_(std::make_unique<Mailbox>(*this)) {
    // Writing to a connection that is gone is an error code; libunbound relies on this.
    std::signal(SIGPIPE, SIG_IGN);
}

EventLoop::~EventLoop() {
    signals_.reset();
    mailbox_.reset();
    asio_.reset();
    close(epoll_);
}

bool EventLoop::set_interest(Watch& watch, std::uint32_t interest) {
    const int operation = interest == 0          ? EPOLL_CTL_DEL
                          : watch.interest_ == 0 ? EPOLL_CTL_ADD
                                                 : EPOLL_CTL_MOD;
    epoll_event event{};
    event.events = interest;
    event.data.ptr = &watch;
    if (epoll_ctl(epoll_, operation, watch.descriptor_, &event) < 0) {
        return false;
    }
    watch.interest_ = interest;
    if (interest == 0) {
        for (std::size_t i = batch_->at; i < batch_->size; ++i) {
            if (batch_->events[i].data.ptr == &watch) {
                batch_->events[i].data.ptr = nullptr;
            }
        }
    }
    return true;
}

void EventLoop::run() {
    while (!stopped_.load(std::memory_order_acquire)) {
        run_once(kForever);
    }
}

void EventLoop::stop() {
    stopped_.store(true, std::memory_order_release);
    mailbox_->wake();
}

void EventLoop::post(std::function<void()> call) {
    mailbox_->put(std::move(call));
}

void EventLoop::on_signal(int number, std::function<void()> call) {
    if (!signals_) {
        signals_ = std::make_unique<Signals>(*this);
    }
    signals_->add(number, std::move(call));
}

boost::asio::io_context& EventLoop::asio() {
    if (!asio_) {
        asio_ = std::make_unique<AsioHost>(epoll_);
    }
    return asio_->context();
}

void EventLoop::run_once(Duration limit) {
    ++turns_;
    wait(time_to_sleep(limit));
    timers_.advance_to(now_());
    dispatch();
    finish_turn();
}

Duration EventLoop::time_to_sleep(Duration limit) const {
    if (first_ != nullptr || stopped_.load(std::memory_order_acquire)) {
        return Duration::zero();
    }
    const auto deadline = timers_.next_deadline();
    if (!deadline) {
        return std::min(limit, kForever);
    }
    const Duration left = *deadline - now_();
    return std::clamp(left, Duration::zero(), std::min(limit, kForever));
}

void EventLoop::wait(Duration limit) {
    if (asio_) {
        asio_->wait(limit);
        limit = Duration::zero();
    }
    const int count = epoll_wait(
        epoll_, batch_->events.data(), static_cast<int>(kEventBatch), to_milliseconds(limit));
    batch_->size = count > 0 ? static_cast<std::size_t>(count) : 0;
    batch_->at = 0;
}

void EventLoop::dispatch() {
    while (batch_->at < batch_->size) {
        const epoll_event& event = batch_->events[batch_->at++];
        auto* watch = static_cast<Watch*>(event.data.ptr);
        if (watch == nullptr) {
            continue;
        }
        const std::uint32_t broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0 ? kIn | kOut : 0U;
        const std::uint32_t ready = (event.events | broken) & watch->interest_;
        if (ready != 0) {
            watch->on_ready((ready & kIn) != 0, (ready & kOut) != 0);
        }
    }
}

void EventLoop::finish_turn() {
    while (first_ != nullptr) {
        EndOfTurn* work = first_;
        first_ = work->next_;
        (first_ != nullptr ? first_->previous_ : last_) = nullptr;
        work->listed_ = false;
        work->on_end_of_turn();
    }
}

}  // namespace isthmus::net
