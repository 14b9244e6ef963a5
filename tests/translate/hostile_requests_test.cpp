// SIP requests whose body or addresses are a trap, by their numbers in the catalogue of abuse
// cases.
#include <string>
#include <string_view>

#include "wire.h"

namespace isthmus::tests {

namespace {

using translate::ToXmpp;

class HostileRequests : public testing::Test, public Wire {};

TEST_F(HostileRequests, C17_MultipartsAreReadInBoundedSteps) {
    EXPECT_EQ(say("multipart/mixed", "--b\r\n\r\nx\r\n--b--").result.refusal.status, 415);
    EXPECT_EQ(say("multipart/mixed;boundary=\"\"", "--\r\n\r\nx").result.refusal.status, 415);
    EXPECT_EQ(say("multipart/mixed;boundary=b", "").result.action, ToXmpp::Action::Ignore);
    // A boundary may hold another one at its beginning, and text may look like either.
    const FromSip tricky = say("multipart/mixed;boundary=b",
                               "--b\r\nContent-Type: multipart/mixed;boundary=bb\r\n\r\n"
                               "--bb\r\n\r\n--bbb\r\n--b x\r\n--bb--\r\n--b--\r\n");
    EXPECT_EQ(tricky.message.bodies.at(0).text, "--bbb\n--b x");
    // Four levels are one too many, and what lies below nine hundred is never looked at.
    std::string nested = "--b900\r\n\r\nbottom\r\n--b900--\r\n";
    for (int i = 899; i >= 0; --i) {
        const std::string number = std::to_string(i);
        nested = "--b" + number + "\r\nContent-Type: multipart/mixed;boundary=b" +
                 std::to_string(i + 1) + "\r\n\r\n" + nested + "\r\n--b" + number + "--\r\n";
    }
    EXPECT_EQ(say("multipart/mixed;boundary=b0", nested).result.refusal.status, 415);
    std::string many;
    for (int i = 0; i < 17; ++i) {
        many += "--b\r\n\r\nx\r\n";
    }
    EXPECT_EQ(say("multipart/mixed;boundary=b", many + "--b--").result.refusal.status, 415);
    const std::string wide(5000, 'b');
    EXPECT_EQ(
        say("multipart/mixed;boundary=" + wide, "--" + wide + "\r\n\r\nsaid\r\n--" + wide + "--")
            .message.bodies.at(0)
            .text,
        "said");
    // The head of a SIP message has no room for a longer one.
    EXPECT_EQ(say("multipart/mixed;boundary=" + std::string(10000, 'b'), "x").result.refusal.status,
              400);
}

TEST_F(HostileRequests, C19_WhatIsWrappedIsRefusedNotUnpacked) {
    for (std::string_view type : {"application/pkcs7-mime;smime-type=enveloped-data",
                                  "application/pkcs7-mime;smime-type=compressed-data",
                                  "application/gzip",
                                  "application/octet-stream",
                                  "message/external-body;access-type=URL",
                                  "message/rfc822"}) {
        const FromSip out = say(type, "\x1f\x8b\x08 anything");
        EXPECT_EQ(out.result.refusal.status, 415) << type;
        EXPECT_EQ(out.result.refusal.headers[0].name, "Accept") << type;
    }
    EXPECT_EQ(say("multipart/mixed;boundary=b",
                  "--b\r\nContent-Transfer-Encoding: x-gzip64\r\n\r\nH4sI\r\n--b--")
                  .result.refusal.status,
              415);
    // Frames in frames, and a frame of nothing but names.
    std::string bomb = "Content-Type: text/plain\r\n\r\nx";
    for (int i = 0; i < 1000; ++i) {
        bomb.insert(0, "Content-Type: message/cpim\r\n\r\nTo: <im:a@b>\r\n\r\n");
    }
    EXPECT_EQ(say("message/cpim", "To: <im:a@b>\r\n\r\n" + bomb).result.refusal.status, 415);
    std::string names;
    for (int i = 0; i < 3000; ++i) {
        names += "NS: p" + std::to_string(i) + " <urn:x>\r\n";
    }
    EXPECT_EQ(say("message/cpim", names + "\r\nContent-Type: text/plain\r\n\r\nsaid")
                  .result.refusal.status,
              488);
}

TEST_F(HostileRequests, C20_UrisAreDecodedOnceAndMeanNothingBesideTheirUser) {
    const auto recipient = [this](std::string_view uri) {
        std::string text = sip_message("Content-Type: text/plain\r\n", "hi");
        text.replace(text.find("sip:juliet@example.com"), 22, uri);
        const FromSip out = to_xmpp(text);
        return out.result.action == ToXmpp::Action::Send
                   ? out.message.to.full()
                   : std::to_string(out.result.refusal.status);
    };
    EXPECT_EQ(recipient("sip:a%2541@h.example"), "a%41@h.example");
    EXPECT_EQ(recipient("sip:a%255c20b@h.example"), "a%5c20b@h.example");
    EXPECT_EQ(recipient("sip:a%00b@h.example"), "404");
    EXPECT_EQ(recipient("sip:a%0d%0aVia:x@h.example"), "404");
    EXPECT_EQ(recipient("sip:a%0d%0aVia%3ax@h.example"), "404");
    EXPECT_EQ(recipient("sip:a;par=u%40x@h.example"), "a;par=u\\40x@h.example");
    EXPECT_EQ(recipient("sip:juliet:secret@h.example:99;transport=udp;maddr=evil.example"),
              "juliet@h.example");
    EXPECT_EQ(recipient("sip:juliet@h.example?Subject=x&Route=%3Csip:evil%3E"), "400");
    EXPECT_EQ(recipient("sip:a@b@h.example"), "400");
    EXPECT_EQ(recipient("tel:+12125551212"), "416");
    EXPECT_EQ(recipient("http://h.example/x"), "416");
    EXPECT_EQ(recipient("javascript:alert(1)"), "416");
    EXPECT_EQ(recipient("im:juliet@h.example"), "juliet@h.example");
    // In To and From the header part is allowed, and means nothing.
    std::string text = sip_message("Content-Type: text/plain\r\n", "hi");
    const std::string to = "To: <sip:juliet@example.com>";
    text.replace(text.find(to),
                 to.size(),
                 "To: <sip:nobody@evil.example?To=%3Csip:x%40evil.example%3E&Subject=evil>");
    const std::string from = "From: <sip:romeo@example.net>";
    text.replace(text.find(from),
                 from.size(),
                 "From: \"<sip:evil@evil.example>\" <sip:romeo:secret@example.net?Subject=evil>");
    const FromSip out = to_xmpp(text);
    EXPECT_EQ(out.message.from.full(), "romeo@example.net");
    EXPECT_EQ(out.message.to.full(), "juliet@example.com");
    EXPECT_EQ(out.octets.find("evil"), std::string::npos) << out.octets;
    EXPECT_EQ(out.octets.find("secret"), std::string::npos) << out.octets;
}

}  // namespace

}  // namespace isthmus::tests
