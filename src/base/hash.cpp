#include "base/hash.h"

#include "base/random.h"

namespace isthmus {

std::uint64_t KeyedHash::process_seed() {
    static const std::uint64_t seed = SystemRandom().next();
    return seed;
}

}  // namespace isthmus
