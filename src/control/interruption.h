// Ends from another thread what a blocking library waits for: the connection under it is shut down.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace isthmus::control {

/// Outlives the client.
class Interruption {
  public:
    /// Any thread. Every call of the client fails soon, those to come as well.
    void interrupt();
    bool is_interrupted() const;

    /// For the client: the connection that stands (or -1 when it goes).
    void watch(int descriptor);
    /// Ends the connection that stands, no other.
    void cut();

  private:
    mutable std::mutex mutex_;
    int descriptor_ = -1;
    bool is_interrupted_ = false;
};

/// Cuts the connection that stands when its time is up; for what has no time-out of its own, such
/// as a TLS handshake in libldap.
class Watchdog {
  public:
    Watchdog(Interruption& interruption, std::chrono::seconds patience);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    Watchdog(Watchdog&&) = delete;
    Watchdog& operator=(Watchdog&&) = delete;
    ~Watchdog();

    bool has_bitten();

  private:
    std::mutex mutex_;
    std::condition_variable is_over_;
    bool is_done_ = false;
    bool has_bitten_ = false;
    std::thread thread_;  ///< begins when all the others are there
};

}  // namespace isthmus::control
