// Delays for whoever guesses: each failure counts against a key (an account's name, an address),
// and from some number on the key is locked for a time that doubles. Control thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace isthmus::control {

struct GuessLimits {
    int free_failures;        ///< so many cost nothing
    std::int64_t first_lock;  ///< seconds
    std::int64_t most_lock;
    std::int64_t forget_after;  ///< seconds without failure
    std::size_t most_keys;      ///< the oldest is forgotten first
};

class GuessGuard {
  public:
    explicit GuessGuard(GuessLimits limits) : limits_(limits) {}

    /// Seconds until the key may try again; 0: now. `now` is monotonic, in seconds.
    std::int64_t locked_for(std::string_view key, std::int64_t now) const;

    /// Counts a failure before the proof is looked at, so that many tries at once do not pass
    /// together. True if the key is locked from now on.
    bool fail(std::string_view key, std::int64_t now);
    /// The proof was good: takes back one failure, or all of them.
    void take_back(std::string_view key);
    void forget(std::string_view key);

    /// True once per lock: whether somebody has to be told of another try.
    bool is_first_try_while_locked(std::string_view key);

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        int failures = 0;
        std::int64_t last = 0;
        std::int64_t locked_until = 0;
        bool is_told = false;
        std::list<std::string>::iterator place;
    };

    using Entries = std::map<std::string, Entry, std::less<>>;

    void erase(Entries::iterator entry);

    GuessLimits limits_;
    Entries entries_;
    std::list<std::string> by_age_;  // the one that failed last is at the end
};

/// What counts as one address: IPv4 whole, IPv6 its /64, which is what one party has.
std::string address_key(std::string_view address);

}  // namespace isthmus::control
