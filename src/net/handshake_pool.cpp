#include "net/handshake_pool.h"

#include <csignal>
#include <utility>

namespace isthmus::net {

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
            loop_.post([handshake = std::move(handshake), step] {
                if (handshake->owner_ != nullptr) {
                    handshake->owner_->on_handshake_step(step);
                }
            });
        }
        handshake.reset();
        lock.lock();
    }
}

}  // namespace isthmus::net
