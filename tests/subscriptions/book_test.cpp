#include "subscriptions/book.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace isthmus::subscriptions {
namespace {

TEST(Book, FindsByBothNames) {
    Book<int> book;
    const PairHandle handle = book.make("alice@contoso.example", "juliet", "fabrikam.example");
    ASSERT_NE(handle, 0U);
    EXPECT_EQ(book.find("alice@contoso.example", "juliet", "fabrikam.example"), handle);
    EXPECT_EQ(book.find("alice@contoso.example", "romeo", "fabrikam.example"), 0U);
    EXPECT_EQ(book.find("bob@contoso.example", "juliet", "fabrikam.example"), 0U);
    EXPECT_EQ(book.get(handle)->user(), "alice@contoso.example");
    EXPECT_EQ(book.get(handle)->contact(), "juliet@fabrikam.example");
}

TEST(Book, AContactMayBeADomain) {
    Book<int> book;
    const PairHandle handle = book.make("alice@contoso.example", "", "fabrikam.example");
    EXPECT_EQ(book.find("alice@contoso.example", "", "fabrikam.example"), handle);
    EXPECT_EQ(book.get(handle)->contact(), "fabrikam.example");
}

TEST(Book, NamesDoNotShiftAgainstEachOther) {
    Book<int> book;
    book.make("a@x", "b", "y");
    EXPECT_EQ(book.find("a@xb", "", "y"), 0U);
}

TEST(Book, WhatIsFetchedBeforehandIsThePair) {
    Book<int> book;
    const std::uint32_t hash = book.hash_of("alice@contoso.example", "juliet", "fabrikam.example");
    book.prefetch_index(hash);
    EXPECT_EQ(book.prefetch_entry(hash), nullptr);
    const PairHandle handle = book.make("alice@contoso.example", "juliet", "fabrikam.example");
    const Book<int>::Entry* entry = book.prefetch_entry(hash);
    ASSERT_EQ(entry, book.get(handle));
    entry->prefetch_names();
    book.prefetch_entry(handle);
    book.prefetch_entry(PairHandle{12345});  // stale ones do no harm
    book.erase(handle);
    EXPECT_EQ(book.prefetch_entry(hash), nullptr);
    entry->prefetch_names();
}

TEST(Book, StaleHandlesAreTold) {
    Book<int> book;
    const PairHandle first = book.make("a@x", "b", "y");
    book.get(first)->value = 7;
    book.erase(first);
    EXPECT_EQ(book.get(first), nullptr);
    const PairHandle second = book.make("a@x", "b", "y");
    EXPECT_NE(second, first);
    EXPECT_EQ(book.get(first), nullptr);
    EXPECT_EQ(book.get(second)->value, 0);
    EXPECT_EQ(second >> 56U, 0U);
}

TEST(Book, KeepsItsOrderThroughManyChanges) {
    Book<std::uint32_t> book;
    std::map<std::string, PairHandle> kept;
    std::uint32_t random = 1;
    for (int step = 0; step < 20000; ++step) {
        random = random * 1664525U + 1013904223U;
        const std::string local = std::to_string(random >> 22U);
        const PairHandle found = book.find("alice@contoso.example", local, "fabrikam.example");
        ASSERT_EQ(found, kept.contains(local) ? kept[local] : 0U);
        if (found != 0) {
            book.erase(found);
            kept.erase(local);
        } else {
            kept[local] = book.make("alice@contoso.example", local, "fabrikam.example");
        }
    }
    ASSERT_EQ(book.size(), kept.size());
    std::uint32_t place = 0;
    std::size_t met = 0;
    while (const PairHandle handle = book.next(place)) {
        const std::string contact(book.get(handle)->contact());
        ASSERT_EQ(kept.at(contact.substr(0, contact.find('@'))), handle);
        ++met;
    }
    EXPECT_EQ(met, kept.size());
}

}  // namespace
}  // namespace isthmus::subscriptions
