// What tables are keyed by (abuse case F05).
#include "base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace isthmus {
namespace {

TEST(KeyedHashTest, FollowsKeyTextAndLengthOfParts) {
    const KeyedHash hash(1);
    EXPECT_EQ(hash("alice@contoso.example"), KeyedHash(1)("alice@contoso.example"));
    EXPECT_NE(hash("alice@contoso.example"), KeyedHash(2)("alice@contoso.example"));
    EXPECT_NE(hash.add(hash("ab"), "c"), hash.add(hash("a"), "bc"));
    EXPECT_NE(hash(""), hash(std::string_view("\0", 1)));
    std::set<std::uint64_t> seen;
    std::string text(40, 'x');
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string other = text;
            other[at] = static_cast<char>(other[at] ^ (1 << bit));
            EXPECT_TRUE(seen.insert(hash(other)).second) << at << " " << bit;
        }
    }
}

TEST(KeyedHashTest, NoTextTakesTheKeyOutOfIt) {
    // One factor of the product would be zero, if the key were not in both.
    for (const std::uint64_t constant : {0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL}) {
        const auto octets = std::bit_cast<std::array<char, 8>>(constant);
        const std::string start(octets.begin(), octets.end());
        for (const std::size_t size : {7U, 8U}) {
            EXPECT_NE(KeyedHash(3)(start + std::string(size, 'a')),
                      KeyedHash(3)(start + std::string(size, 'b')));
            EXPECT_NE(KeyedHash(3)(start + std::string(size, 'a')),
                      KeyedHash(4)(start + std::string(size, 'a')));
        }
    }
}

}  // namespace
}  // namespace isthmus
