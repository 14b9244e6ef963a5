// Stanza errors: RFC 6120 §8.3.
#include "xmpp/stanza_error.h"

#include <gtest/gtest.h>

#include "parsed.h"

namespace isthmus::xmpp {
namespace {

std::string written(const StanzaError& error) {
    Buffer out;
    xml::Writer writer(out);
    error.write(writer);
    return std::string(out.view());
}

StanzaError read(std::string_view inside) {
    static Arena arena;
    static std::string kept;
    Parsed parsed("<error" + std::string(inside) + "</error>");
    StanzaError error = StanzaError::from_xml(*parsed, parsed.arena());
    error.text = arena.copy(error.text);
    error.new_address = arena.copy(error.new_address);
    return error;
}

constexpr const char* kNs = " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";

TEST(StanzaError, Rfc6120_8_3_3_NamesAndFirstTypes) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"bad-request", "modify"},
        {"conflict", "cancel"},
        {"feature-not-implemented", "cancel"},
        {"forbidden", "auth"},
        {"gone", "cancel"},
        {"internal-server-error", "cancel"},
        {"item-not-found", "cancel"},
        {"jid-malformed", "modify"},
        {"not-acceptable", "modify"},
        {"not-allowed", "cancel"},
        {"not-authorized", "auth"},
        {"policy-violation", "modify"},
        {"recipient-unavailable", "wait"},
        {"redirect", "modify"},
        {"registration-required", "auth"},
        {"remote-server-not-found", "cancel"},
        {"remote-server-timeout", "wait"},
        {"resource-constraint", "wait"},
        {"service-unavailable", "cancel"},
        {"subscription-required", "auth"},
        {"undefined-condition", "cancel"},
        {"unexpected-request", "wait"},
    };
    for (const auto& [name, type] : table) {
        const auto condition = condition_of(name);
        ASSERT_TRUE(condition) << name;
        EXPECT_EQ(condition_name(*condition), name);
        EXPECT_EQ(error_type_name(default_type(*condition)), type) << name;
        const StanzaError again = read(">" + std::string("<") + name + kNs + "/>");
        EXPECT_EQ(again.condition, *condition);
        EXPECT_EQ(again.type, default_type(*condition));
    }
    EXPECT_FALSE(condition_of("text"));
    EXPECT_FALSE(condition_of(""));
}

TEST(StanzaError, Rfc6120_8_3_2_Syntax) {
    EXPECT_EQ(written(StanzaError::of(Condition::ServiceUnavailable)),
              "<error type='cancel'><service-unavailable "
              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    EXPECT_EQ(
        written(StanzaError::of(Condition::BadRequest, "<no>")),
        "<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>&lt;no&gt;</text></error>");
}

TEST(StanzaError, Rfc6120_8_3_3_5_GoneCarriesTheNewAddress) {
    StanzaError error = StanzaError::of(Condition::Gone);
    error.new_address = "xmpp:romeo@new.example";
    EXPECT_EQ(written(error),
              "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
              "xmpp:romeo@new.example</gone></error>");
    error.condition = Condition::ItemNotFound;
    EXPECT_EQ(written(error).find("romeo"), std::string::npos);
    EXPECT_EQ(read(std::string("><redirect") + kNs + ">xmpp:a@b</redirect>").new_address,
              "xmpp:a@b");
    EXPECT_EQ(read(std::string("><forbidden") + kNs + ">xmpp:a@b</forbidden>").new_address, "");
}

TEST(StanzaError, Rfc6120_8_3_4_UnknownConditionsAndExtensions) {
    const StanzaError error =
        read(std::string(" type='wait'><own xmlns='urn:x'/><too-fast") + kNs + "/><text" + kNs +
             ">slowly</text><text" + kNs + ">langsam</text>");
    EXPECT_EQ(error.condition, Condition::UndefinedCondition);
    EXPECT_EQ(error.type, ErrorType::Wait);
    EXPECT_EQ(error.text, "slowly");
    EXPECT_EQ(read(">").condition, Condition::UndefinedCondition);
    EXPECT_EQ(read(std::string(" type='x'><forbidden") + kNs + "/>").type, ErrorType::Auth);
    EXPECT_EQ(read("><forbidden/>").condition, Condition::UndefinedCondition) << "other namespace";
}

}  // namespace
}  // namespace isthmus::xmpp
