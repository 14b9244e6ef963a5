// What is hidden when traffic is shown: everything that people wrote and what proves who they are.
#include "gateway/redaction.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::gateway {
namespace {

TEST(Redaction, TextsOfStanzasGoAndTheRestStays) {
    EXPECT_EQ(
        shown_stanza("<message from='a@b' to='c@d' type='chat' id='7'><body>Hé &amp; ho</body>"
                     "<thread>t1</thread><active xmlns='x'/></message>",
                     false),
        "<message from='a@b' to='c@d' type='chat' id='7'><body>[7 characters]</body>"
        "<thread>t1</thread><active xmlns='x'/></message>");
    EXPECT_EQ(shown_stanza("<message><html xmlns='h'><body><p>a<b>c</b> </p></body></html>"
                           "<x><secret>q</secret></x></message>",
                           false),
              "<message><html xmlns='h'><body><p>[1 characters]<b>[1 characters]</b> </p></body>"
              "</html><x><secret>[1 characters]</secret></x></message>");
    EXPECT_EQ(shown_stanza("<presence><show>dnd</show><status>At the feast</status>"
                           "<priority>5</priority></presence>",
                           false),
              "<presence><show>dnd</show><status>[12 characters]</status>"
              "<priority>5</priority></presence>");
    EXPECT_EQ(shown_stanza("<message><error><text xmlns='e'>no such user</text></error>"
                           "<text>mine</text></message>",
                           false),
              "<message><error><text xmlns='e'>no such user</text></error>"
              "<text>[4 characters]</text></message>");
    EXPECT_EQ(shown_stanza("<message><body>x</body></message>", true),
              "<message><body>x</body></message>");
}

TEST(Redaction, WhatIsNotXmlIsHiddenWhole) {
    for (const char* bad :
         {"<a><b></a>", "<a", "<a b='<'>", "</a>", "<!DOCTYPE a><a/>", "<a>", "a<", "<><x>y</x>"}) {
        EXPECT_FALSE(hide_texts(bad)) << bad;
        EXPECT_TRUE(shown_stanza(bad, false).starts_with("[")) << bad;
    }
    EXPECT_EQ(hide_texts("<a><!-- mine --><![CDATA[mi<ne]]><?p q?></a>"),
              "<a>[5 characters]<?p q?></a>");
    EXPECT_EQ(hide_texts("<a t='>'>x</a>"), "<a t='>'>[1 characters]</a>");
}

constexpr const char* kHead =
    "MESSAGE sip:b@c SIP/2.0\r\n"
    "Via: SIP/2.0/TCP 192.0.2.1\r\n"
    "Proxy-Authorization: Digest username=\"a\",\r\n response=\"f00\"\r\n"
    "Subject: mine\r\n"
    "From: <sip:a@b>;tag=1\r\n";

TEST(Redaction, SipBodiesSubjectsAndCredentials) {
    const std::string text = std::string(kHead) + "Content-Type: text/plain\r\n\r\nHello, you";
    EXPECT_EQ(shown_sip(text, false),
              "MESSAGE sip:b@c SIP/2.0\r\n"
              "Via: SIP/2.0/TCP 192.0.2.1\r\n"
              "Proxy-Authorization: [hidden]\r\n"
              "Subject: [4 characters]\r\n"
              "From: <sip:a@b>;tag=1\r\n"
              "Content-Type: text/plain\r\n\r\n[10 characters]");
    const std::string open = shown_sip(text, true);
    EXPECT_NE(open.find("Hello, you"), std::string::npos);
    EXPECT_NE(open.find("Subject: mine"), std::string::npos);
    EXPECT_EQ(open.find("f00"), std::string::npos) << "credentials never";
}

TEST(Redaction, DocumentsKeepTheirFormAndLoseTheirProse) {
    const auto body = [](const char* type, const std::string& text) {
        const std::string shown = shown_sip(
            "NOTIFY sip:a@b SIP/2.0\r\nc: " + std::string(type) + "\r\n\r\n" + text, false);
        return shown.substr(shown.find("\r\n\r\n") + 4);
    };
    EXPECT_EQ(body("application/pidf+xml; charset=UTF-8",
                   "<presence><tuple><status><basic>open</basic></status><note>mine</note></tuple>"
                   "</presence>"),
              "<presence><tuple><status><basic>open</basic></status><note>[4 characters]</note>"
              "</tuple></presence>");
    EXPECT_EQ(body("application/pidf+xml", "<presence><note>mine"), "[20 characters]");
    EXPECT_EQ(body("message/cpim", "From: <a@b>\r\n\r\nmine"), "[19 characters]");
    EXPECT_EQ(body("text/plain", "\xff\xfe"), "[2 octets]");
    EXPECT_EQ(body("text/plain", ""), "");
}

TEST(Redaction, HalfMessages) {
    for (const char* odd : {"",
                            "\r\n",
                            "\n",
                            "MESSAGE",
                            "MESSAGE x\r\nSubject",
                            "a\n b\n\nc",
                            "Subject:",
                            "x\r\n\r",
                            "authorization: a"}) {
        (void)shown_sip(odd, false);
        (void)shown_sip(odd, true);
    }
    EXPECT_EQ(shown_sip("a\nAuthorization: b\nsubject: c\n\nmine", false),
              "a\nAuthorization: [hidden]\nsubject: [1 characters]\n\n[4 characters]");
}

}  // namespace
}  // namespace isthmus::gateway
