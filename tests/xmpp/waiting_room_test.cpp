// Who has to go when too many wait that have proved nothing.
#include "xmpp/waiting_room.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace isthmus::xmpp {
namespace {

class Waiting : public ::testing::Test {
  protected:
    /// Any address will do: the room does not look inside.
    IncomingConnection& guest(std::size_t number) {
        return reinterpret_cast<IncomingConnection&>(guests_.at(number));
    }

    void enter(std::size_t number, std::string_view address) {
        room.enter(guest(number), net::IpAddress::parse(address).value());
    }

    /// The one that had to go; -1: nobody.
    int goes() {
        IncomingConnection* first = room.first_to_go();
        if (first == nullptr) {
            return -1;
        }
        room.leave(*first);
        return static_cast<int>(reinterpret_cast<char*>(first) - guests_.data());
    }

    std::array<char, 100> guests_{};
    WaitingRoom room{3};
};

TEST_F(Waiting, OfSinglesTheOldest) {
    enter(0, "192.0.2.1");
    enter(1, "192.0.2.2");
    enter(2, "192.0.2.3");
    EXPECT_EQ(goes(), 0);
    EXPECT_EQ(goes(), 1);
    room.leave(guest(2));
    EXPECT_EQ(goes(), -1);
    EXPECT_EQ(room.size(), 0U);
}

TEST_F(Waiting, WhoSendsManyCannotGetRidOfOneThatSendsASingleOne) {
    enter(0, "192.0.2.1");  // the partner, and the oldest of all
    for (std::size_t i = 0; i < 3; ++i) {
        enter(10 + i, "198.51.100.1");
        enter(20 + i, "198.51.100.2");
    }
    EXPECT_EQ(goes(), 10);
    EXPECT_EQ(goes(), 20);
    EXPECT_EQ(goes(), 11);
    EXPECT_EQ(goes(), 21);
    // Now all have one.
    EXPECT_EQ(goes(), 0);
}

TEST_F(Waiting, AnAddressHasOnlySoManyAndAWholeSixtyFourIsOne) {
    const auto has_place = [&](std::string_view address) {
        return room.has_place_for(net::IpAddress::parse(address).value());
    };
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(has_place("2001:db8::" + std::to_string(i)));
        enter(i, "2001:db8::" + std::to_string(i));
    }
    EXPECT_FALSE(has_place("2001:db8::ffff"));
    EXPECT_TRUE(has_place("2001:db8:0:1::1"));
    // One that is being ended takes its place until it is gone.
    room.stop_waiting(guest(1));
    room.stop_waiting(guest(1));
    EXPECT_EQ(room.size(), 2U);
    EXPECT_FALSE(has_place("2001:db8::ffff"));
    room.leave(guest(1));
    room.leave(guest(1));
    EXPECT_TRUE(has_place("2001:db8::ffff"));
    EXPECT_EQ(goes(), 0);
    EXPECT_EQ(goes(), 2);
}

}  // namespace
}  // namespace isthmus::xmpp
