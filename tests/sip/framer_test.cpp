#include "sip/framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {
namespace {

using namespace std::string_literals;
using Kind = Frame::Kind;

/// Feeds `octets` in steps; one letter for each frame: M, P, and F with status.
std::string feed(Framer& framer, std::string_view octets, std::size_t step) {
    std::string said;
    std::size_t done = 0;
    for (std::size_t end = 0; end != octets.size();) {
        end = std::min(end + step, octets.size());
        for (;;) {
            const Frame frame = framer.next(octets.substr(done, end - done));
            done += frame.consumed;
            if (frame.kind == Kind::NeedMore) {
                break;
            }
            if (frame.kind == Kind::Message) {
                said += "M" + std::to_string(frame.octets.size()) + " ";
            } else if (frame.kind == Kind::Ping) {
                said += "P ";
            } else {
                said += "F" + std::to_string(frame.status) + " ";
            }
        }
    }
    return said;
}

void expect(std::string_view octets, const std::string& frames) {
    for (std::size_t step : {std::size_t{1}, std::size_t{3}, octets.size()}) {
        Framer framer;
        EXPECT_EQ(feed(framer, octets, step), frames) << "step " << step << ": " << octets;
    }
}

const std::string kLine = "MESSAGE sip:a@b SIP/2.0\r\n";

TEST(Framer, CutsMessages) {
    expect(kLine + "Content-Length: 5\r\n\r\nHello" + kLine + "l:0\r\n\r\n", "M51 M32 ");
    expect("SIP/2.0 200 OK\r\ncontent-length :\r\n  3\r\n\r\n\r\n!", "M44 ");
    expect(kLine + "L: 0\r\n\r\n\r\n" + kLine + "L: 0\r\n\r\n", "M33 M33 ");
    expect("OPTIONS sip:a@b SIP/2.0  \r\nl: 0\r\n\r\n", "M35 ");
}

TEST(Framer, TellsTheCallId) {
    const auto call_id = [](std::string_view header) {
        const std::string octets = "\r\n" + kLine + "l: 0\r\n" + std::string(header) +
                                   "Contact: <sip:a@b>\r\n\r\n" + kLine;
        for (std::size_t size = 1; size < octets.size(); ++size) {
            Framer framer;
            static_cast<void>(framer.next(std::string_view(octets).substr(0, 2)));
            const std::string_view behind = std::string_view(octets).substr(2);
            const Frame first = framer.next(behind.substr(0, size));
            const Frame frame = first.kind == Kind::Message ? first : framer.next(behind);
            EXPECT_EQ(frame.kind, Kind::Message);
            if (std::string(frame.call_id) != "a84b@pc33") {
                return std::string(frame.call_id);
            }
        }
        return "a84b@pc33"s;
    };
    EXPECT_EQ(call_id("Call-ID: a84b@pc33\r\n"), "a84b@pc33");
    EXPECT_EQ(call_id("i:a84b@pc33 \r\n"), "a84b@pc33");
    EXPECT_EQ(call_id("cALL-iD :\t a84b@pc33\r\n"), "a84b@pc33");
    EXPECT_EQ(call_id("Call-IDs: a84b@pc33\r\n"), "");
    EXPECT_EQ(call_id(""), "");
}

TEST(Framer, ForgetsTheCallIdOfTheMessageBefore) {
    const std::string octets = kLine + "i: one\r\nl: 0\r\n\r\n" + kLine + "l: 0\r\n\r\n";
    Framer framer;
    const Frame first = framer.next(octets);
    EXPECT_EQ(first.call_id, "one");
    EXPECT_EQ(framer.next(std::string_view(octets).substr(first.consumed)).call_id, "");
}

// RFC 5626 §3.5.1 and §4.4.1.
TEST(Framer, Pings) {
    expect("\r\n\r\n", "P ");
    expect("\r\n", "");
    expect("\r\n\r\n\r\n\r\n", "P P ");
    expect("\r\n\r\n" + kLine + "l: 0\r\n\r\n" + "\r\n\r\n", "P M33 P ");
    expect("\r\n" + kLine + "l: 0\r\n\r\n", "M33 ");
    Framer framer;
    EXPECT_FALSE(framer.is_inside_message());
    feed(framer, "\r\n\r", 1);
    EXPECT_FALSE(framer.is_inside_message());
}

TEST(Framer, TellsWhetherAMessageHasBegun) {
    Framer framer;
    feed(framer, "M", 1);
    EXPECT_TRUE(framer.is_inside_message());
    Framer whole;
    feed(whole, kLine + "l: 0\r\n\r\n", 5);
    EXPECT_FALSE(whole.is_inside_message());
}

// Abuse case C06.
TEST(Framer, BadLengthsEndTheStream) {
    for (const char* value :
         {"-1", "+5", "0x5", "5 5", "4294967296", "18446744073709551616", "a", "5,5", "5\r\n 5"}) {
        expect(kLine + "Content-Length: " + value + "\r\n\r\nHello", "F400 ");
    }
    expect(kLine + "Content-Length:\r\n\r\n", "F400 ");
    expect(kLine + "\r\n", "F400 ");
    expect(kLine + "l: 0\r\nContent-Length: 0\r\n\r\n", "F400 ");
    expect(kLine + "Content-Length: 4294967295\r\n\r\n", "F513 ");
}

TEST(Framer, FaultShowsTheHeaderSection) {
    Framer framer;
    const std::string octets = kLine + "X: y\r\n\r\nbody";
    const Frame frame = framer.next(octets);
    EXPECT_EQ(frame.kind, Kind::Fault);
    EXPECT_EQ(frame.octets, kLine + "X: y\r\n\r\n");
    EXPECT_EQ(frame.reason, "Content-Length: missing");
    // Nothing that comes after it counts.
    const Frame after = framer.next(kLine + "l: 0\r\n\r\n");
    EXPECT_EQ(after.kind, Kind::NeedMore);
    EXPECT_EQ(after.consumed, 33U);
}

TEST(Framer, Sizes) {
    Framer framer(100, 50);
    EXPECT_EQ(feed(framer, kLine + "l: 67\r\n\r\n" + std::string(67, 'x'), 1000), "F513 ");
    Framer fits(100, 50);
    EXPECT_EQ(feed(fits, kLine + "l: 66\r\n\r\n" + std::string(66, 'x'), 7), "M100 ");
    Framer line(100, 50);
    EXPECT_EQ(feed(line, kLine + "X: " + std::string(60, 'x'), 1), "F400 ");
    Framer start(100, 50);
    EXPECT_EQ(feed(start, "MESSAGE sip:" + std::string(60, 'x'), 1), "F414 ");
    Framer head(100, 50);
    EXPECT_EQ(feed(head,
                   kLine + std::string(30, 'X') + ": y\r\n" + std::string(30, 'Y') + ": y\r\n" +
                       std::string(20, 'Z'),
                   1),
              "F513 ");
}

// Abuse case C24.
TEST(Framer, OtherProtocolsAreCutOff) {
    expect("\x16\x03\x01\x02\x00\x01"s, "F0 ");
    expect("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "F0 ");
    expect("<?xml version='1.0'?>", "F0 ");
    expect(" MESSAGE", "F0 ");
    expect("\n", "F0 ");
    expect("\r\r", "F0 ");
    expect("EHLO x\r\n", "F0 ");
}

TEST(Framer, BareLineFeedsAreAFault) {
    expect("MESSAGE sip:a@b SIP/2.0\nl: 0\n\n", "F400 ");
    expect(kLine + "X: y\nl: 0\r\n\r\n", "F400 ");
}

// One octet at a time costs one look at each octet, not one look at everything for each octet.
TEST(Framer, DribbledOctetsCostLinearTime) {
    std::string octets = kLine;
    while (octets.size() < 60000) {
        octets += "X: " + std::string(7000, 'x') + "\r\n";
    }
    octets += "l: 0\r\n\r\n";
    Framer framer;
    std::size_t frames = 0;
    for (std::size_t end = 1; end <= octets.size(); ++end) {
        frames += framer.next(std::string_view(octets).substr(0, end)).kind == Kind::Message;
    }
    EXPECT_EQ(frames, 1U);
}

}  // namespace
}  // namespace isthmus::sip
