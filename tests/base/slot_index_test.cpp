#include "base/slot_index.h"

#include "base/stable_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace isthmus {
namespace {

std::uint32_t find(const SlotIndex& index, std::uint32_t hash, std::uint32_t number) {
    return index.find(hash, [number](std::uint32_t each) { return each == number; });
}

TEST(SlotIndex, EmptyOneFindsNothing) {
    SlotIndex index;
    EXPECT_EQ(find(index, 7, 0), SlotIndex::kNone);
    index.prefetch(7);
}

TEST(SlotIndex, OneHashMayStandForSeveral) {
    SlotIndex index;
    index.insert(7, 0);
    index.insert(7, 1);
    index.insert(8, 2);
    EXPECT_EQ(find(index, 7, 0), 0U);
    EXPECT_EQ(find(index, 7, 1), 1U);
    EXPECT_EQ(find(index, 7, 2), SlotIndex::kNone);
    index.erase(7, 0);
    EXPECT_EQ(find(index, 7, 0), SlotIndex::kNone);
    EXPECT_EQ(find(index, 7, 1), 1U);
    EXPECT_EQ(find(index, 8, 2), 2U);
    EXPECT_EQ(index.size(), 2U);
}

// Hashes that all begin within a few places, so that gaps close over each other and over the end.
TEST(SlotIndex, KeepsItsOrderThroughManyChanges) {
    SlotIndex index;
    std::set<std::uint32_t> there;
    std::uint32_t random = 1;
    const auto hash_of = [](std::uint32_t number) {
        return number * 0x10000U + 0xfffcU + number % 5;
    };
    for (int i = 0; i < 20'000; ++i) {
        random = random * 1664525U + 1013904223U;
        const std::uint32_t number = (random >> 16U) % 300;
        if (there.insert(number).second) {
            index.insert(hash_of(number), number);
        } else {
            there.erase(number);
            index.erase(hash_of(number), number);
        }
    }
    EXPECT_EQ(index.size(), there.size());
    for (std::uint32_t number = 0; number < 300; ++number) {
        EXPECT_EQ(find(index, hash_of(number), number),
                  there.contains(number) ? number : SlotIndex::kNone);
    }
}

TEST(StableArray, AddressesNeverChange) {
    static int alive = 0;

    struct Large {
        Large() { ++alive; }

        Large(const Large&) = delete;
        Large& operator=(const Large&) = delete;
        Large(Large&&) = delete;
        Large& operator=(Large&&) = delete;

        ~Large() { --alive; }

        std::uint64_t value[5000] = {};
    };

    {
        StableArray<Large> array;
        std::vector<Large*> places;
        for (std::uint32_t i = 0; i < 120; ++i) {  // of which 52 fill a block
            ASSERT_EQ(array.add(), i);
            places.push_back(&array[i]);
            array[i].value[4999] = i;
        }
        for (std::uint32_t i = 0; i < 120; ++i) {
            EXPECT_EQ(&array[i], places[i]);
            EXPECT_EQ(array[i].value[4999], i);
        }
        EXPECT_EQ(array.size(), 120U);
        EXPECT_EQ(alive, 120);
    }
    EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace isthmus
