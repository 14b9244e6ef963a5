#include "net/handshake_pool.h"

#include <chrono>
#include <csignal>
#include <utility>

namespace isthmus::net {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kHandBack =
    std::chrono::milliseconds(1);  // the longest that a step waits for others

}  // namespace

HandshakePool::HandshakePool(EventLoop& loop, int threads) : loop_(loop) {
    // Signals are the loop's affair.
    sigset_t all{};
    sigset_t before{};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), "tls-handshake");
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HandshakePool::~HandshakePool() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void HandshakePool::submit(std::shared_ptr<Handshake> handshake) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(handshake));
    }
    ready_.notify_one();
}

void HandshakePool::work() {
    std::vector<Stepped> stepped;
    SteadyClock::time_point since;
    std::unique_lock lock(mutex_);
    while (true) {
        ready_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
        if (stopped_) {
            return;
        }
        std::shared_ptr<Handshake> handshake = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        if (!handshake->is_abandoned_.load(std::memory_order_relaxed)) {
            const TlsSession::Step step = handshake->session->handshake();
            if (stepped.empty()) {
                since = SteadyClock::now();
            }
            stepped.push_back({std::move(handshake), step});
        }
        handshake.reset();
        lock.lock();
        if (!stepped.empty() && (waiting_.empty() || SteadyClock::now() - since >= kHandBack)) {
            lock.unlock();
            hand_back(stepped);
            lock.lock();
        }
    }
}

/// While others wait several go back at once: the loop is not woken for each.
void HandshakePool::hand_back(std::vector<Stepped>& stepped) {
    loop_.post([stepped = std::exchange(stepped, {})] {
        for (const auto& [handshake, step] : stepped) {
            if (handshake->owner_ != nullptr) {
                handshake->owner_->on_handshake_step(step);
            }
        }
    });
}

}  // namespace isthmus::net
