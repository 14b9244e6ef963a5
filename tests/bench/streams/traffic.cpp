#include <pthread.h>
#include <sched.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>

#include "streams/commands.h"
#include "streams/sip_sink.h"
#include "streams/wire.h"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kUsers = 1000;  // RFC 3428 §8: one pending MESSAGE for each
constexpr std::string_view kQuiet = "p1.partners.example";
constexpr std::string_view kFlooding = "p2.partners.example";

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
        .count();
}

/// The kernel's beat, for an open loop.
class Ticks {
  public:
    explicit Ticks(std::int64_t every_ns) : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
        const timespec every{every_ns / 1'000'000'000, every_ns % 1'000'000'000};
        const itimerspec beat{every, every};
        if (timer_ < 0 || timerfd_settime(timer_, 0, &beat, nullptr) != 0) {
            fail("no timer");
        }
    }

    Ticks(const Ticks&) = delete;
    Ticks& operator=(const Ticks&) = delete;
    Ticks(Ticks&&) = delete;
    Ticks& operator=(Ticks&&) = delete;

    ~Ticks() { ::close(timer_); }

    /// How many are due since the last call; at least one.
    int await() const {
        std::uint64_t count = 0;
        if (::read(timer_, &count, sizeof count) != sizeof count) {
            fail("the timer broke");
        }
        return static_cast<int>(count);
    }

  private:
    int timer_;
};

class Traffic {
  public:
    explicit Traffic(const Credentials& ours) : ours_(ours) {}

    ~Traffic() { stop_flood(); }

    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;
    Traffic(Traffic&&) = delete;
    Traffic& operator=(Traffic&&) = delete;

    std::uint16_t sip_port() const { return sink_.port(); }

    void connect(std::uint16_t port) {
        port_ = port;
        quiet_ = call(kQuiet);
    }

    /// Latencies of a partner that sends `rate` messages a second, in microseconds.
    void pace(int seconds, int rate) {
        {
            const std::lock_guard lock(mutex_);
            latencies_.clear();
        }
        const std::int64_t step = 1'000'000'000 / rate;
        const std::int64_t start = now_ns();
        flooded_ = 0;
        const Ticks ticks(step);
        const int count = seconds * rate;
        for (int sent = 0, due = 0; sent < count;) {
            due += ticks.await();
            for (; sent < std::min(due, count); ++sent) {
                // From the moment it was due: a stall shows in all that it delayed.
                const std::int64_t since = start + (sent + 1) * step;
                quiet_->say(message(kQuiet, sent, "q" + std::to_string(since)));
            }
        }
        std::unique_lock lock(mutex_);
        const bool is_complete = arrived_.wait_for(lock, std::chrono::seconds(20), [&] {
            return latencies_.size() == static_cast<std::size_t>(count);
        });
        if (!is_complete) {
            fail("messages are missing");
        }
        std::sort(latencies_.begin(), latencies_.end());
        std::printf(
            "{\"count\":%zu,\"p50_us\":%.0f,\"p99_us\":%.0f,\"flooded\":%ld,"
            "\"seconds\":%.3f}\n",
            latencies_.size(),
            at(0.5),
            at(0.99),
            flooded_.exchange(0),
            static_cast<double>(now_ns() - start) / 1e9);
    }

    /// On two streams: they must not get twice the share of one.
    void flood() {
        is_flooding_ = true;
        for (std::thread& thread : floods_) {
            thread = std::thread([this] { flood_one(); });
        }
    }

    /// Returns when all of it has arrived: what waits in sockets would flood what comes next.
    void stop_flood() {
        is_flooding_ = false;
        for (std::thread& thread : floods_) {
            if (thread.joinable()) {
                thread.join();
            }
        }
        for (long before = -1; before != flooded_;) {
            before = flooded_;
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
        }
    }

  private:
    void flood_one() {
        // What is measured beside it shares its core, and must not wait for it there.
        const sched_param none{};
        pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
        try {
            const auto stream = call(kFlooding);
            std::string batch;
            for (int i = 0; is_flooding_; ++i) {
                batch += message(kFlooding, i, "f");
                if (batch.size() > 8192) {
                    stream->say(batch);
                    batch.clear();
                }
            }
        } catch (const std::exception& error) {
            std::fprintf(stderr, "flood: %s\n", error.what());
        }
    }

    std::unique_ptr<Stream> call(std::string_view from) {
        auto stream = std::make_unique<Stream>(Stream::dial(INADDR_LOOPBACK, port_));
        stream->negotiate_tls(ours_, from);
        stream->authenticate(from);
        return stream;
    }

    static std::string message(std::string_view from, int number, std::string_view body) {
        std::string made = "<message from='u@";
        made.append(from).append("' to='user").append(std::to_string(number % kUsers));
        made.append("@contoso.example' id='m").append(std::to_string(number)).append("'><body>");
        return made.append(body).append("</body></message>");
    }

    void take(std::string_view body) {
        if (!body.starts_with('q')) {
            ++flooded_;
            return;
        }
        std::int64_t due = 0;
        std::from_chars(body.data() + 1, body.data() + body.size(), due);
        {
            const std::lock_guard lock(mutex_);
            latencies_.push_back(static_cast<double>(now_ns() - due) / 1e3);
        }
        arrived_.notify_one();
    }

    double at(double share) const {
        if (latencies_.empty()) {
            return 0;
        }
        return latencies_[static_cast<std::size_t>(share *
                                                   static_cast<double>(latencies_.size() - 1))];
    }

    const Credentials& ours_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<double> latencies_;
    std::atomic<long> flooded_ = 0;
    std::atomic<bool> is_flooding_ = false;
    std::unique_ptr<Stream> quiet_;
    std::array<std::thread, 2> floods_;
    SipSink sink_{[this](std::string_view body) { take(body); }};
};

}  // namespace

int run_traffic(const Arguments& arguments) {
    const Credentials ours(arguments.text(2), arguments.text(3), arguments.text(4));
    Traffic traffic(ours);
    std::printf("{\"sip\":%d}\n", traffic.sip_port());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string command;
        int first = 0;
        int second = 0;
        words >> command >> first >> second;
        if (command == "connect") {
            traffic.connect(static_cast<std::uint16_t>(first));
        } else if (command == "pace") {
            traffic.pace(first, second);
        } else if (command == "flood") {
            traffic.flood();
        } else if (command == "quiet") {
            traffic.stop_flood();
        }
        if (command != "pace") {
            std::printf("{}\n");
        }
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace bench
