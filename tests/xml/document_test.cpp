// parse_document: bodies such as PIDF and isComposing.
#include "xml/parser.h"

#include <gtest/gtest.h>

#include "tree_text.h"

namespace isthmus::xml {
namespace {

std::string parsed(std::string_view document, const Limits& limits = {}) {
    Arena arena;
    const auto root = parse_document(document, arena, limits);
    return root ? tree_text(**root) : "refused: " + root.error().detail;
}

ErrorKind refusal(std::string_view document, const Limits& limits = {}) {
    Arena arena;
    const auto root = parse_document(document, arena, limits);
    EXPECT_FALSE(root) << document;
    return root ? ErrorKind::Internal : root.error().kind;
}

TEST(ParseDocument, ReadsTheTreeWithNamespaces) {
    EXPECT_EQ(parsed("<?xml version='1.0' encoding='UTF-8'?>\n<presence "
                     "xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:a@b'><tuple "
                     "id='x'/></presence>\r\n"),
              "{urn:ietf:params:xml:ns:pidf}presence[entity=pres:a@b]({urn:ietf:params:xml:ns:pidf}"
              "tuple[id=x])");
    EXPECT_EQ(parsed("<a/>"), "a");
    EXPECT_EQ(parsed("\xEF\xBB\xBF<a/>"), "a");
}

TEST(ParseDocument, SkipsCommentsAndInstructions) {
    EXPECT_EQ(parsed("<?style x?><!-- 1 --><a>b<!-- - c -->d<?x?>e<?x y ? > ?></a><!----> "),
              "a(\"bde\")");
}

TEST(ParseDocument, A01_DtdIsRefused) {
    EXPECT_EQ(refusal("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), ErrorKind::Syntax);
    EXPECT_EQ(refusal("<!DOCTYPE a><a/>"), ErrorKind::Syntax);
    EXPECT_EQ(refusal("<a>&b;</a>"), ErrorKind::Syntax);
}

TEST(ParseDocument, RefusesWhatIsNotOneWellFormedElement) {
    for (const char* bad : {"",
                            " ",
                            "x",
                            "<",
                            "<a",
                            "<a>",
                            "<a/><b/>",
                            "<a/>x",
                            "x<a/>",
                            "</a>",
                            "<![CDATA[x]]><a/>",
                            "<a/><![CDATA[x]]>",
                            " <?xml version='1.0'?><a/>",
                            "<?xml version='1.0'?",
                            "<?xml version='1.0' encoding='latin1'?><a/>",
                            "<a><!-- -- --></a>",
                            "<a><!-- x --",
                            "<a><!-- \x01 --></a>",
                            "<a><? x?></a>",
                            "<a><?x:y z?></a>",
                            "<a><?x \xFF?></a>",
                            "<!-- x"}) {
        EXPECT_EQ(refusal(bad), ErrorKind::Syntax) << bad;
    }
}

TEST(ParseDocument, KeepsTheLimits) {
    Limits limits;
    limits.max_element_octets = 10;
    EXPECT_EQ(refusal("<a>12345678</a>", limits), ErrorKind::TooLong);
    limits = {};
    limits.max_depth = 2;
    EXPECT_EQ(refusal("<a><b><c/></b></a>", limits), ErrorKind::TooLong);
}

}  // namespace
}  // namespace isthmus::xml
