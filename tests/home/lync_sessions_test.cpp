// How the sessions of Lync clients end, and who hears of it.
#include <gmock/gmock.h>

#include "home_world.h"

namespace isthmus::home {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class LyncSession : public HomeWorld {
  protected:
    static constexpr const char* kRomeo = "sip:romeo@fabrikam.example";

    LyncSession() { sign_in("alice", 1, true); }

    Ask in_dialog(const char* method, unsigned cseq, const char* to_tag = "ours") {
        return {.method = method,
                .uri = kRomeo,
                .headers = "Contact: <sip:192.0.2.1:40001;transport=tls>\r\n",
                .call_id = "talk",
                .to_tag = to_tag,
                .cseq = cseq};
    }

    void open() {
        Ask invite = in_dialog("INVITE", 1, "");
        invite.headers += "Content-Type: application/sdp\r\n";
        invite.body =
            "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=message 5060 sip null\r\na=accept-types:text/plain\r\n";
        ASSERT_EQ(ask(invite)->status, 200);
        parsed(in_dialog("ACK", 1), [this](const sip::Request& request) {
            sip::Origin origin;
            origin.transport = sip::Transport::Tls;
            origin.flow = 1;
            EXPECT_TRUE(home.on_ack(request, origin));
        });
        ASSERT_EQ(home.sessions().size(), 1U);
        outside.to_devices.clear();
    }
};

TEST_F(LyncSession, HisByeIsTold) {
    open();
    EXPECT_EQ(ask(in_dialog("BYE", 2))->status, 200);
    EXPECT_THAT(outside.left, ElementsAre(Pair("sip:alice@contoso.example", kRomeo)));
    EXPECT_EQ(home.sessions().size(), 0U);
}

TEST_F(LyncSession, EndsWhenSheHasLeft) {
    open();
    home.on_left("sip:bob@contoso.example", kRomeo);
    EXPECT_THAT(outside.to_devices, IsEmpty());
    home.on_left("sip:alice@contoso.example", kRomeo);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_EQ(outside.to_devices[0].method, "BYE");
    answer(outside.to_devices[0], 200);
    EXPECT_EQ(home.sessions().size(), 0U);
    EXPECT_THAT(outside.left, IsEmpty()) << "it was she";
}

TEST_F(LyncSession, OfADeviceThatIsGoneIsNotLeft) {
    open();
    home.on_flow_closed(1);
    EXPECT_THAT(outside.left, IsEmpty());
}

}  // namespace
}  // namespace isthmus::home
