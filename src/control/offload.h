// Work that would hold up the control thread (password hashes, calls to an identity provider) on a
// thread of its own, one piece after the other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace isthmus::control {

/// Runs `work` elsewhere, then `done` on the control thread. False: too much is waiting already,
/// neither will run. Tests run both at once.
using Offload = std::function<bool(std::function<void()> work, std::function<void()> done)>;

class Worker {
  public:
    /// `post` brings a call to the control thread, from any thread. Holds at most `limit` pieces.
    Worker(std::function<void(std::function<void()>)> post, std::size_t limit);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    Worker(Worker&&) = delete;
    Worker& operator=(Worker&&) = delete;
    /// Waits for the piece under way; what waits is dropped.
    ~Worker();

    /// On the control thread.
    bool submit(std::function<void()> work, std::function<void()> done);

  private:
    struct Piece;
    using Pieces = std::list<std::shared_ptr<Piece>>;

    void run();
    void finish(Piece& piece);

    std::function<void(std::function<void()>)> post_;
    std::size_t limit_;
    // Control thread only: what the callbacks hold belongs to it, so it also ends there, and not
    // in a mailbox that outlives what they refer to.
    Pieces pieces_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::shared_ptr<Piece>> waiting_;
    bool is_stopped_ = false;
    std::thread thread_;
};

}  // namespace isthmus::control
