#include "control/interruption.h"

#include <sys/socket.h>

namespace isthmus::control {

void Interruption::interrupt() {
    const std::scoped_lock lock(mutex_);
    is_interrupted_ = true;
    if (descriptor_ >= 0) {
        ::shutdown(descriptor_, SHUT_RDWR);
    }
}

bool Interruption::is_interrupted() const {
    const std::scoped_lock lock(mutex_);
    return is_interrupted_;
}

void Interruption::cut() {
    const std::scoped_lock lock(mutex_);
    if (descriptor_ >= 0) {
        ::shutdown(descriptor_, SHUT_RDWR);
    }
}

void Interruption::watch(int descriptor) {
    const std::scoped_lock lock(mutex_);
    descriptor_ = descriptor;
    if (is_interrupted_ && descriptor >= 0) {
        ::shutdown(descriptor, SHUT_RDWR);
    }
}

Watchdog::Watchdog(Interruption& interruption, std::chrono::seconds patience)
    : thread_([this, &interruption, patience] {
          std::unique_lock lock(mutex_);
          if (!is_over_.wait_for(lock, patience, [this] { return is_done_; })) {
              has_bitten_ = true;
              interruption.cut();
          }
      }) {}

Watchdog::~Watchdog() {
    {
        const std::scoped_lock lock(mutex_);
        is_done_ = true;
    }
    is_over_.notify_one();
    thread_.join();
}

bool Watchdog::has_bitten() {
    const std::scoped_lock lock(mutex_);
    return has_bitten_;
}

}  // namespace isthmus::control
