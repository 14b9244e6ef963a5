#include "control/offload.h"

#include "base/log.h"

#include <exception>
#include <utility>

namespace isthmus::control {

struct Worker::Piece {
    std::function<void()> work;
    std::function<void()> done;
    Pieces::iterator place;
};

Worker::Worker(std::function<void(std::function<void()>)> post, std::size_t limit)
    : post_(std::move(post)), limit_(limit), thread_([this] { run(); }) {}

Worker::~Worker() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopped_ = true;
    }
    ready_.notify_one();
    thread_.join();
}

bool Worker::submit(std::function<void()> work, std::function<void()> done) {
    if (pieces_.size() >= limit_) {
        return false;
    }
    const auto piece = std::make_shared<Piece>();
    piece->work = std::move(work);
    piece->done = std::move(done);
    piece->place = pieces_.insert(pieces_.end(), piece);
    {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back(piece);
    }
    ready_.notify_one();
    return true;
}

void Worker::finish(Piece& piece) {
    // The thread may still hold the piece for a moment: it must not be the one to let go of these.
    const auto work = std::move(piece.work);
    const auto done = std::move(piece.done);
    pieces_.erase(piece.place);
    done();
}

void Worker::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ready_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
        if (is_stopped_) {
            return;
        }
        const std::shared_ptr<Piece> piece = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        try {
            piece->work();
        } catch (const std::exception& error) {
            // Out of memory, say: done() finds no result.
            log::event(log::Level::Error, "admin.work", {{"msg", error.what()}});
        }
        // Only while the worker lives is there a piece, hence a worker to call.
        post_([this, which = std::weak_ptr(piece)] {
            if (const auto done = which.lock()) {
                finish(*done);
            }
        });
        lock.lock();
    }
}

}  // namespace isthmus::control
