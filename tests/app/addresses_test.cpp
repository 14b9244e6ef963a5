// What administrators may type for one and the same user.
#include "app/addresses.h"

#include <gtest/gtest.h>

namespace isthmus::app {
namespace {

TEST(Addresses, SpellingsOfOneUserAreOne) {
    for (const char* spelling : {"alice@contoso.example",
                                 "sip:Alice@Contoso.Example",
                                 "sips:alice@contoso.example:5061;transport=tls"}) {
        EXPECT_EQ(canonical_user(spelling).value(), "alice@contoso.example") << spelling;
    }
    EXPECT_EQ(canonical_user("m%C3%A4x@b%C3%BCcher.example").has_value(), false);
    EXPECT_EQ(canonical_user("mäx@contoso.example").has_value(), false)
        << "a SIP user part is escaped";
    EXPECT_EQ(canonical_user("M%C3%84x@xn--bcher-kva.example").value(),
              "mäx@xn--bcher-kva.example");
    EXPECT_EQ(canonical_contact("Juliet@Bücher.example").value(), "juliet@bücher.example");
    EXPECT_EQ(canonical_domain("Fabrikam.Example.").value(), "fabrikam.example");
}

TEST(Addresses, WhatIsNone) {
    for (const char* bad : {"contoso.example", "alice@", "tel:+4912345", "a@b@c", "al ice@x.y"}) {
        EXPECT_FALSE(canonical_user(bad)) << bad;
    }
    for (const char* bad : {"fabrikam.example", "juliet@fabrikam.example/balcony", "@x", "a b@c"}) {
        EXPECT_FALSE(canonical_contact(bad)) << bad;
    }
}

}  // namespace
}  // namespace isthmus::app
