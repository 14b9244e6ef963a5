// Server-sent events out of pieces of any size.
#include "cli/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace isthmus::cli {
namespace {

std::vector<std::string> read_in_pieces(const std::string& text, std::size_t size) {
    SseReader reader;
    std::vector<std::string> made;
    for (std::size_t at = 0; at < text.size(); at += size) {
        reader.feed(std::string_view(text).substr(at, size));
        while (const auto event = reader.next()) {
            made.push_back(event->id + "|" + event->name + "|" + event->data);
        }
    }
    return made;
}

TEST(SseReader, TheSameInPiecesOfAnySize) {
    const std::string text =
        "retry: 2000\n\n: beat\n\nid: 1\nevent: a\ndata: {\"x\":1}\n\n"
        "data:one\r\ndata: two\r\n\r\nevent: empty\n\ndata\n\nnonsense: x\ndata: y\n\ndata: half";
    const std::vector<std::string> expected = {"1|a|{\"x\":1}", "||one\ntwo", "||", "||y"};
    for (const std::size_t size : {1UL, 2UL, 3UL, 7UL, 1000UL}) {
        EXPECT_EQ(read_in_pieces(text, size), expected) << size;
    }
}

TEST(SseReader, AnEndlessLineIsLeftOutAndTheNextEventIsRead) {
    SseReader reader;
    const std::string piece(1UL << 20U, 'x');
    reader.feed("data: ");
    for (int i = 0; i < 10; ++i) {
        reader.feed(piece);
        EXPECT_FALSE(reader.next());
    }
    reader.feed("\n\ndata: next\n\n");
    const auto event = reader.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->data, "next");
}

}  // namespace
}  // namespace isthmus::cli
