// Making, moving, saving and loading dialogs. RFC 3261 §12.
#include "sip/dialog.h"

#include "sip/event_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;

DialogStart usual_start() {
    return {.call_id = "call",
            .local_tag = "ours",
            .local = "<sip:juliet@fabrikam.example>",
            .remote = {},
            .target = "sip:alice@contoso.example",
            .sip_domain = "contoso.example",
            .event = {}};
}

std::string peer_request(std::string_view lines,
                         std::string_view from = "<sip:alice@contoso.example>;tag=theirs") {
    return "SUBSCRIBE sip:juliet@fabrikam.example SIP/2.0\r\n"
           "Via: SIP/2.0/TLS p.example;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: " +
           std::string(from) +
           "\r\nTo: <sip:juliet@fabrikam.example>\r\nCall-ID: call\r\nCSeq: 7 SUBSCRIBE\r\n" +
           std::string(lines) + "Content-Length: 0\r\n\r\n";
}

Dialog established(std::string_view lines) {
    auto dialog = Dialog::start(usual_start());
    const Parsed parsed(peer_request(lines));
    EXPECT_EQ(dialog->establish(parsed.request()), nullptr);
    return std::move(*dialog);
}

constexpr std::string_view kContact = "Contact: <sip:alice@192.0.2.7:5070;transport=tcp>\r\n";

TEST(Dialog, WithoutRouteSetTheTargetIsTheNextHop) {
    const Dialog dialog = established(kContact);
    EXPECT_TRUE(dialog.is_established());
    EXPECT_EQ(dialog.call_id(), "call");
    EXPECT_EQ(dialog.local_tag(), "ours");
    EXPECT_EQ(dialog.remote_tag(), "theirs");
    EXPECT_EQ(dialog.local(), "<sip:juliet@fabrikam.example>");
    EXPECT_EQ(dialog.remote(), "<sip:alice@contoso.example>;tag=theirs");
    EXPECT_EQ(dialog.request_uri(), "sip:alice@192.0.2.7:5070;transport=tcp");
    EXPECT_EQ(dialog.next_hop(), "sip:alice@192.0.2.7:5070;transport=tcp");
    EXPECT_EQ(dialog.route(), "");
    EXPECT_EQ(dialog.sip_domain(), "contoso.example");
    EXPECT_EQ(dialog.event(), "presence");
}

TEST(Dialog, LooseRoutesKeepTheirOrderAndParameters) {  // RFC 3261 §12.1.1, §12.2.1.1
    const Dialog dialog = established(
        "Record-Route: <sip:p1.example;lr>, \"P\" <sip:p2.example;lr;x=1>;y=2\r\n"
        "Record-Route: <sip:p3.example>\r\n" +
        std::string(kContact));
    EXPECT_EQ(dialog.route(), "<sip:p1.example;lr>, <sip:p2.example;lr;x=1>;y=2, <sip:p3.example>");
    EXPECT_EQ(dialog.next_hop(), "sip:p1.example;lr");
    EXPECT_EQ(dialog.request_uri(), "sip:alice@192.0.2.7:5070;transport=tcp");
}

TEST(Dialog, AStrictRouterBecomesTheRequestUri) {  // RFC 3261 §12.2.1.1
    Dialog dialog = established("Record-Route: <sip:old.example>, <sip:p2.example;lr>\r\n" +
                                std::string(kContact));
    EXPECT_EQ(dialog.request_uri(), "sip:old.example");
    EXPECT_EQ(dialog.next_hop(), "sip:old.example");
    EXPECT_EQ(dialog.route(), "<sip:p2.example;lr>, <sip:alice@192.0.2.7:5070;transport=tcp>");

    const Parsed moved(peer_request("Contact: <sip:alice@192.0.2.8>\r\n"));
    dialog.refresh_target(moved.request());
    EXPECT_EQ(dialog.request_uri(), "sip:old.example");
    EXPECT_EQ(dialog.route(), "<sip:p2.example;lr>, <sip:alice@192.0.2.8>");

    Dialog alone = established("Record-Route: <sip:old.example>\r\n" + std::string(kContact));
    alone.refresh_target(moved.request());
    EXPECT_EQ(alone.route(), "<sip:alice@192.0.2.8>");
}

TEST(Dialog, TheTargetMovesAndTheRouteSetDoesNot) {  // RFC 3261 §12.2.2
    Dialog dialog = established("Record-Route: <sip:p1.example;lr>\r\n" + std::string(kContact));
    const Parsed moved(peer_request(
        "Record-Route: <sip:other.example;lr>\r\nContact: <sip:alice@192.0.2.8?Subject=x>\r\n"));
    dialog.refresh_target(moved.request());
    EXPECT_EQ(dialog.request_uri(), "sip:alice@192.0.2.8");
    EXPECT_EQ(dialog.route(), "<sip:p1.example;lr>");
    const Parsed useless(peer_request("Contact: <mailto:alice@contoso.example>\r\n"));
    dialog.refresh_target(useless.request());
    EXPECT_EQ(dialog.request_uri(), "sip:alice@192.0.2.8");
}

TEST(Dialog, A2xxToOursTurnsTheRoutesRound) {  // RFC 3261 §12.1.2
    auto dialog = Dialog::start(usual_start());
    const Parsed parsed(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS g.example;branch=z9hG4bK1\r\n"
        "From: <sip:juliet@fabrikam.example>;tag=ours\r\n"
        "To: \"Alice\"<sip:alice@contoso.example>;tag=theirs;epid=b84a59c035\r\n"
        "Call-ID: call\r\nCSeq: 1 INVITE\r\n"
        "Record-Route: <sip:p2.example;lr;ms-route-sig=aaBB>;tag=x, <sip:p1.example;lr>\r\n"
        "Contact: <sip:alice@contoso.example;opaque=user:epid:hYns-AA;gruu>\r\n"
        "Content-Length: 0\r\n\r\n");
    ASSERT_EQ(dialog->establish(parsed.response()), nullptr);
    EXPECT_EQ(dialog->route(), "<sip:p1.example;lr>, <sip:p2.example;lr;ms-route-sig=aaBB>;tag=x");
    EXPECT_EQ(dialog->request_uri(), "sip:alice@contoso.example;opaque=user:epid:hYns-AA;gruu");
    EXPECT_EQ(dialog->remote(), "<sip:alice@contoso.example>;epid=b84a59c035;tag=theirs");
    EXPECT_EQ(dialog->remote_tag(), "theirs");
}

TEST(Dialog, TheDocumentOfADialogIsKept) {
    Dialog dialog = established(kContact);
    EXPECT_TRUE(dialog.save().starts_with("d1 "));
    dialog.document = 2;
    const std::string saved = dialog.save();
    EXPECT_TRUE(saved.starts_with("d2 "));
    ASSERT_TRUE(Dialog::load(saved));
    EXPECT_EQ(Dialog::load(saved)->document, 2);
    std::string wrong = saved;
    wrong.replace(wrong.find(" 2 "), 3, " 9 ");
    EXPECT_FALSE(Dialog::load(wrong));
}

TEST(Dialog, WhatCannotMakeOne) {
    const std::string half = "Record-Route: <sip:" + std::string(6200, 'p') + "@p.example;lr>\r\n";
    const std::string long_route = half + half + std::string(kContact);

    struct {
        std::string lines;
        std::string_view from;
        std::string_view fault;
    } const cases[] = {
        {std::string(kContact), "<sip:alice@contoso.example>", "tag"},
        {"", "<sip:a@b.example>;tag=t", "Contact"},
        {"Contact: <sip:a@b.example>, <sip:c@d.example>\r\n", "<sip:a@b.example>;tag=t", "Contact"},
        {"Contact: <mailto:a@b.example>\r\n", "<sip:a@b.example>;tag=t", "Contact"},
        {"Record-Route: <tel:123>\r\n" + std::string(kContact), "<sip:a@b.example>;tag=t", "Route"},
        {long_route, "<sip:a@b.example>;tag=t", "too long"},
    };

    for (const auto& c : cases) {
        auto dialog = Dialog::start(usual_start());
        const Parsed parsed(peer_request(c.lines, c.from));
        const char* fault = dialog->establish(parsed.request());
        ASSERT_NE(fault, nullptr) << c.lines;
        EXPECT_THAT(fault, HasSubstr(c.fault));
        EXPECT_FALSE(dialog->is_established());
        EXPECT_EQ(dialog->request_uri(), "sip:alice@contoso.example") << "nothing changed";
    }
    DialogStart huge = usual_start();
    const std::string local(13000, 'x');
    huge.local = local;
    EXPECT_FALSE(Dialog::start(huge));
}

TEST(Dialog, ComesBackFromTheDatabase) {
    DialogStart start = usual_start();
    start.event = "presence;id=7";
    for (std::string_view route : {"", "<sip:p1.example;lr>", "<sip:strict.example>"}) {
        auto dialog = Dialog::start(start);
        const Parsed parsed(
            peer_request((route.empty() ? "" : "Record-Route: " + std::string(route) + "\r\n") +
                         std::string(kContact)));
        ASSERT_EQ(dialog->establish(parsed.request()), nullptr);
        dialog->local_cseq = 1'790'000'000;
        dialog->remote_cseq = 7;
        const std::string saved = dialog->save();
        auto loaded = Dialog::load(saved);
        ASSERT_TRUE(loaded);
        EXPECT_EQ(loaded->save(), saved);
        EXPECT_EQ(loaded->remote_tag(), "theirs");
        EXPECT_EQ(loaded->event(), "presence;id=7");
        EXPECT_EQ(loaded->next_hop(), dialog->next_hop());
        EXPECT_EQ(loaded->local_cseq, 1'790'000'000U);
        EXPECT_EQ(loaded->remote_cseq, 7U);
        const Parsed moved(peer_request("Contact: <sip:alice@192.0.2.8>\r\n"));
        dialog->refresh_target(moved.request());
        loaded->refresh_target(moved.request());
        EXPECT_EQ(loaded->save(), dialog->save());
        for (std::size_t size = 0; size < saved.size(); ++size) {
            EXPECT_FALSE(Dialog::load(saved.substr(0, size))) << size;
        }
        EXPECT_FALSE(Dialog::load(saved + "x"));
        EXPECT_FALSE(Dialog::load(std::string(saved).insert(saved.find('\n'), " 0")));
        EXPECT_FALSE(Dialog::load("d1 2147483648" + saved.substr(13)));
        EXPECT_FALSE(Dialog::load("d2" + saved.substr(2)));
        EXPECT_FALSE(Dialog::load(saved + std::string(5000, 'x')));
    }
}

}  // namespace
}  // namespace isthmus::sip::test
