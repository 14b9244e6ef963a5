// The threads that do nothing but TLS handshakes, so that a storm of reconnecting partners does not
// stop the traffic (abuse cases F03, B28).
#pragma once

#include "net/event_loop.h"
#include "net/tls_session.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace isthmus::net {

class HandshakeOwner {
  public:
    HandshakeOwner() = default;
    HandshakeOwner(const HandshakeOwner&) = delete;
    HandshakeOwner& operator=(const HandshakeOwner&) = delete;
    HandshakeOwner(HandshakeOwner&&) = delete;
    HandshakeOwner& operator=(HandshakeOwner&&) = delete;

    /// On the loop's thread, once per submit().
    virtual void on_handshake_step(TlsSession::Step step) = 0;

  protected:
    ~HandshakeOwner() = default;
};

/// A session under negotiation. Between submit() and on_handshake_step() the session belongs to
/// the pool, otherwise to its owner.
class Handshake {
  public:
    Handshake(HandshakeOwner& owner, std::shared_ptr<const TlsContext> context, TlsOptions options)
        : session(std::make_unique<TlsSession>(std::move(context), std::move(options))),
          owner_(&owner) {}

    /// The owner goes; no call will come. On the loop's thread.
    void abandon() {
        owner_ = nullptr;
        is_abandoned_.store(true, std::memory_order_relaxed);
    }

    std::unique_ptr<TlsSession> session;

  private:
    friend class HandshakePool;
    HandshakeOwner* owner_;  // the loop's thread only
    std::atomic<bool> is_abandoned_{false};
};

class HandshakePool {
  public:
    HandshakePool(EventLoop& loop, int threads);
    HandshakePool(const HandshakePool&) = delete;
    HandshakePool& operator=(const HandshakePool&) = delete;
    HandshakePool(HandshakePool&&) = delete;
    HandshakePool& operator=(HandshakePool&&) = delete;
    ~HandshakePool();

    void submit(std::shared_ptr<Handshake> handshake);

  private:
    struct Stepped {
        std::shared_ptr<Handshake> handshake;
        TlsSession::Step step = TlsSession::Step::Failed;
    };

    void work();
    void hand_back(std::vector<Stepped>& stepped);

    EventLoop& loop_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::shared_ptr<Handshake>> waiting_;
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace isthmus::net
