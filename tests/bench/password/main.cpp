// What a password hash costs on this machine: `bench_password`, one line for each choice of memory
// and passes, the one in use marked. Median of 11, one at a time, as the worker computes them.
#include "control/password.h"
#include "store/sealed_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace {

using isthmus::control::HashCost;

double milliseconds(const std::function<void()>& what) {
    constexpr int kRepeats = 11;
    std::vector<double> times;
    for (int i = 0; i < kRepeats; ++i) {
        const auto start = std::chrono::steady_clock::now();
        what();
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

}  // namespace

int main() {
    constexpr HashCost kUsed;
    for (const unsigned mebibytes : {19U, 32U, 46U, 64U, 96U, 128U}) {
        for (const unsigned passes : {1U, 2U, 3U, 4U}) {
            const HashCost cost{.memory_kib = mebibytes * 1024, .passes = passes};
            const double time = milliseconds(
                [&] { (void)isthmus::control::hash_password("correct horse battery", cost); });
            const bool is_used = cost.memory_kib == kUsed.memory_kib && cost.passes == kUsed.passes;
            fmt::print("argon2id {:>3} MiB, {} passes   {:>6.1f} ms{}\n",
                       mebibytes,
                       passes,
                       time,
                       is_used ? "   <- passwords" : "");
        }
    }
    const double time = milliseconds([] {
        isthmus::store::SealedWriter writer([](std::string_view) {}, "correct horse battery");
        writer.finish();
    });
    fmt::print("head of a backup              {:>6.1f} ms\n", time);
}
