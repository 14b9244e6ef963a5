// What is under a passphrase comes back, or whatever was done to it is noticed.
#include "store/sealed_stream.h"

#include "store/store_error.h"

#include <gtest/gtest.h>

#include <vector>

namespace isthmus::store {
namespace {

constexpr std::string_view kPassphrase = "correct horse";

std::string seal(const std::vector<std::string>& parts) {
    std::string made;
    SealedWriter writer([&](std::string_view octets) { made += octets; },
                        kPassphrase,
                        {.memory_kib = 8, .passes = 1});
    for (const std::string& part : parts) {
        writer.write(part);
    }
    writer.finish();
    return made;
}

std::string open(std::string_view sealed,
                 std::size_t size,
                 std::string_view passphrase = kPassphrase) {
    SealedReader reader(
        [&](char* to, std::size_t wanted) {
            const std::size_t got = sealed.copy(to, wanted);
            sealed.remove_prefix(got);
            return got;
        },
        passphrase);
    std::string made(reader.read(size));
    reader.expect_end();
    return made;
}

TEST(SealedStream, ComesBackAtAnySize) {
    EXPECT_EQ(open(seal({}), 0), "");
    EXPECT_EQ(open(seal({"a", "", std::string("\0b", 2)}), 3), std::string("a\0b", 3));
    for (const std::size_t size : {65536U, 200'000U}) {
        const std::string text(size, 'x');
        EXPECT_EQ(open(seal({text}), size), text) << size;
    }
}

TEST(SealedStream, EveryPartOfItIsWatchedOver) {
    const std::string good = seal({std::string(70'000, 'x'), "the end"});
    // Magic, version, cost, salt, check, length, last-chunk bit, text, tag, second chunk, last
    // octet.
    for (const std::size_t at : {0U,
                                 15U,
                                 18U,
                                 19U,
                                 23U,
                                 24U,
                                 39U,
                                 40U,
                                 55U,
                                 56U,
                                 59U,
                                 60U,
                                 40'000U,
                                 65'595U,
                                 65'596U,
                                 65'612U,
                                 65'616U}) {
        std::string bad = good;
        // The highest bit of a length says that the chunk is the last one.
        bad[at] = static_cast<char>(bad[at] ^ (at == 56 ? '\x80' : '\x01'));
        EXPECT_THROW(open(bad, 70'007), StoreError) << at;
    }
    std::string bad = good;
    bad.back() = static_cast<char>(bad.back() ^ 1);
    EXPECT_THROW(open(bad, 70'007), StoreError);
    EXPECT_EQ(open(good, 70'007).substr(70'000), "the end");
}

TEST(SealedStream, NothingCanBeCutOffMovedOrAdded) {
    const std::string good = seal({std::string(200'000, 'x')});
    constexpr std::size_t kHead = 56;
    constexpr std::size_t kChunk = 4 + 65536 + 16;
    for (const std::size_t size : {std::size_t{0},
                                   std::size_t{55},
                                   kHead,
                                   kHead + 2,
                                   kHead + kChunk,
                                   kHead + (3 * kChunk),
                                   good.size() - 1}) {
        EXPECT_THROW(open(std::string_view(good).substr(0, size), 200'000), StoreError) << size;
    }
    const std::string first = good.substr(kHead, kChunk);
    const std::string second = good.substr(kHead + kChunk, kChunk);
    const std::string head = good.substr(0, kHead);
    const std::string rest = good.substr(kHead + (2 * kChunk));
    EXPECT_EQ(open(head + first + second + rest, 200'000).size(), 200'000U);
    EXPECT_THROW(open(head + second + first + rest, 200'000), StoreError);
    EXPECT_THROW(open(head + first + first + rest, 200'000), StoreError);
    EXPECT_THROW(open(head + first + rest, 200'000 - 65'536), StoreError);
    EXPECT_THROW(open(good + "x", 200'000), StoreError);
    EXPECT_THROW(open(good, 199'999), StoreError);
    EXPECT_THROW(open(good, 200'001), StoreError);
}

TEST(SealedStream, AChunkOfAnotherStreamIsNone) {
    const std::string one = seal({"first text"});
    const std::string two = seal({"other text"});
    EXPECT_THROW(open(one.substr(0, 56) + two.substr(56), 10), StoreError);
}

TEST(SealedStream, OnlyThePassphraseOpensIt) {
    const std::string sealed = seal({"text"});
    for (const std::string_view wrong : {"", "correct horse ", "Correct horse", "correct hors"}) {
        EXPECT_THROW(open(sealed, 4, wrong), StoreError);
    }
    EXPECT_EQ(sealed.find("text"), std::string::npos);
    EXPECT_NE(seal({"text"}).substr(16), sealed.substr(16));
}

}  // namespace
}  // namespace isthmus::store
