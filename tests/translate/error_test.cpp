#include "translate/error.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::translate {

namespace {

using xmpp::Condition;
using xmpp::StanzaError;

std::string header_of(const Refusal& refusal) {
    return refusal.header_count == 0 ? ""
                                     : std::string(refusal.headers[0].name) + ": " +
                                           std::string(refusal.headers[0].value);
}

TEST(Error, NeverAnswersWhatNonInviteForbids) {
    Arena arena;
    for (const ConditionRow& row : condition_rows()) {
        for (const bool is_full : {false, true}) {
            const Refusal refusal = to_sip(StanzaError::of(row.condition), is_full, arena);
            EXPECT_NE(refusal.status, 408);  // RFC 4320 §4.2
            EXPECT_NE(refusal.status, 503);  // RFC 7247 §7.1 note 5
            EXPECT_NE(refusal.status, 401);  // no challenge
            EXPECT_NE(refusal.status, 407);
            EXPECT_LT(refusal.status, 600);  // RFC 3428 §7
            EXPECT_GE(refusal.status, 300);
            if (refusal.status == 405) {
                EXPECT_EQ(header_of(refusal), "Allow: MESSAGE");
            }
        }
    }
}

TEST(Error, GoneAndRedirectCarryAnAddressOnlyIfItIsOne) {
    Arena arena;
    StanzaError error = StanzaError::of(Condition::Gone);
    EXPECT_EQ(to_sip(error, false, arena).status, 410);
    error.new_address = "xmpp:o%5C27malley@example.com";
    EXPECT_EQ(header_of(to_sip(error, false, arena)), "Contact: <sip:o'malley@example.com>");
    error.new_address = "sip:new@example.com";
    EXPECT_EQ(header_of(to_sip(error, false, arena)), "Contact: <sip:new@example.com>");
    error.new_address = "javascript:alert(1)";
    EXPECT_EQ(to_sip(error, false, arena).status, 410);
    error.new_address = "sip:x@example.com>\r\nVia: evil";
    EXPECT_EQ(to_sip(error, false, arena).status, 410);
    error = StanzaError::of(Condition::Redirect);
    EXPECT_EQ(to_sip(error, false, arena).status, 480);
}

TEST(Error, TextTellsASizeFromARate) {
    Arena arena;
    const auto status = [&](std::string_view text) {
        return to_sip(StanzaError::of(Condition::PolicyViolation, text), false, arena).status;
    };
    EXPECT_EQ(status(""), 403);
    EXPECT_EQ(status("Stanza is too large"), 413);
    EXPECT_EQ(status("Traffic RATE limit is exceeded"), 480);
}

TEST(Error, ResponseBringsPhraseAndNewAddress) {
    Arena arena;
    sip::Response response;
    response.status = 301;
    response.reason = "Moved";
    response.headers.push_back({sip::HeaderId::Contact, "m", "<tel:+1>"});
    response.headers.push_back(
        {sip::HeaderId::Contact, "Contact", "\"X\" <sip:new@other.example>"});
    const StanzaError error = to_xmpp(response, arena);
    EXPECT_EQ(error.condition, Condition::Gone);
    EXPECT_EQ(error.text, "Moved");
    EXPECT_EQ(error.new_address, "xmpp:new@other.example");
    response.status = 410;
    EXPECT_EQ(to_xmpp(response, arena).new_address, "");
    response.status = 305;
    EXPECT_EQ(to_xmpp(response, arena).new_address, "");
}

TEST(Error, OursGoBothWays) {
    Arena arena;
    const Error full = make_error(ErrorKind::Limit, "busy", "queue of example.com is full");
    const Refusal refusal = to_sip(full, arena);
    EXPECT_EQ(refusal.status, 480);
    EXPECT_EQ(refusal.reason, "busy");
    EXPECT_EQ(header_of(refusal), "Retry-After: 10");
    EXPECT_EQ(to_xmpp(full).condition, Condition::ResourceConstraint);
    EXPECT_EQ(to_xmpp(full).text, "busy");
    const Error no_domain = make_error(ErrorKind::Unreachable, "IST-DNS-001", "", "");
    EXPECT_EQ(to_sip(no_domain, arena).status, 404);
    EXPECT_EQ(to_xmpp(no_domain).condition, Condition::RemoteServerNotFound);
    const Error no_link = make_error(ErrorKind::Unreachable, "IST-TCP-001", "", "");
    EXPECT_EQ(to_sip(no_link, arena).status, 504);
    EXPECT_EQ(to_xmpp(no_link).condition, Condition::RemoteServerTimeout);
}

}  // namespace

}  // namespace isthmus::translate
