// Delivery notices of the Lync family.
#include "translate/notices.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::translate {
namespace {

std::string imdn_of(const std::string& recipient, const std::string& id = "<message-id>m1") {
    return "<imdn>" + id + (id.empty() ? "" : "</message-id>") + recipient + "</imdn>";
}

TEST(MsImdn, IsReadOfOneRecipient) {
    Arena arena;
    const auto status = [&](const char* code) {
        const std::string recipient = "<recipient uri='sip:romeo@fabrikam.example'><status>";
        return read_ms_imdn(arena.copy(imdn_of(recipient + code + "</status></recipient>")), arena);
    };
    ASSERT_TRUE(status("200") && *status("200"));
    EXPECT_EQ((*status("200"))->message_id, "m1");
    EXPECT_EQ((*status(" 202 "))->status, ImdnStatus::Delivered);
    for (const char* code : {"300", "404", "503"}) {
        EXPECT_EQ((*status(code))->status, ImdnStatus::Failed) << code;
    }
    for (const char* code : {"", "100", "soon", "-200"}) {
        ASSERT_TRUE(status(code)) << code;
        EXPECT_FALSE(*status(code)) << code << ": nothing has happened yet";
    }
}

TEST(MsImdn, SaysNothingWithoutIdOrRecipient) {
    Arena arena;
    const std::string recipient = "<recipient><status>200</status></recipient>";
    const auto nobody = read_ms_imdn(imdn_of(""), arena);
    ASSERT_TRUE(nobody);
    EXPECT_FALSE(*nobody);
    const auto nothing = read_ms_imdn(imdn_of(recipient, "<message-id> "), arena);
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
    EXPECT_FALSE(read_ms_imdn(imdn_of(recipient, ""), arena));
    EXPECT_FALSE(read_ms_imdn("<receipt/>", arena));
    EXPECT_FALSE(read_ms_imdn("", arena));
}

}  // namespace
}  // namespace isthmus::translate
