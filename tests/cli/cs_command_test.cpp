// What of a command line belongs to the program and what to the cmdlet.
#include "cli/cs_command.h"

#include <gtest/gtest.h>

#include <vector>

namespace isthmus::cli {
namespace {

using Words = std::vector<std::string>;

CommandLine split(std::vector<const char*> words) {
    return {static_cast<int>(words.size()), words.data()};
}

TEST(CommandLine, OtherCommandsAreLeftAlone) {
    const auto line = split({"isthmus", "--server", "cs", "partner", "list", "cs", "--", "-o"});
    EXPECT_FALSE(line.is_cmdlet);
    EXPECT_EQ(line.own, (Words{"isthmus", "--server", "cs", "partner", "list", "cs", "--", "-o"}));
}

TEST(CommandLine, CmdletsGetTheirParameters) {
    const auto line = split({"isthmus",
                             "-o",
                             "json",
                             "cs",
                             "New-CsXmppAllowedPartner",
                             "a.example",
                             "-TlsNegotiation",
                             "Required",
                             "--yes",
                             "--server",
                             "unix:/x",
                             "-o"});
    EXPECT_TRUE(line.is_cmdlet);
    EXPECT_EQ(line.own, (Words{"isthmus", "-o", "json", "--yes", "--server", "unix:/x", "cs"}));
    EXPECT_EQ(
        line.cmdlet,
        (Words{"New-CsXmppAllowedPartner", "a.example", "-TlsNegotiation", "Required", "-o"}));
}

TEST(CommandLine, AProgramNamedLikeACmdletIsOne) {
    const auto line = split({"/usr/bin/new-csxmppallowedpartner", "a.example", "--dry-run"});
    EXPECT_TRUE(line.is_cmdlet);
    EXPECT_EQ(line.cmdlet, (Words{"new-csxmppallowedpartner", "a.example"}));
    EXPECT_EQ(line.own, (Words{"/usr/bin/new-csxmppallowedpartner", "--dry-run", "cs"}));
    // Aliases of the shell and other programs are not.
    EXPECT_FALSE(split({"/bin/select", "x"}).is_cmdlet);
    EXPECT_FALSE(split({"/bin/isthmus-1.0", "x"}).is_cmdlet);
}

}  // namespace
}  // namespace isthmus::cli
