// Unguessable octets and tokens. The interface is a seam: tests use CountingRandom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace isthmus {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(void* to, std::size_t size) = 0;

    std::uint64_t next();
    /// `octets` random octets as lower-case hex.
    std::string hex(std::size_t octets);
    /// Appends 16 lower-case base32 characters (80 random bits) to `to`, no allocation.
    void token(char (&to)[16]);

    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

/// The kernel's generator, fetched in blocks; one per thread.
class SystemRandom final : public Random {
  public:
    void fill(void* to, std::size_t size) override;

  private:
    static constexpr std::size_t kBlock = 4096;
    unsigned char block_[kBlock] = {};
    std::size_t left_ = 0;
};

}  // namespace isthmus
