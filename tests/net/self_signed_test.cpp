#include "net/self_signed.h"

#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace isthmus::net {
namespace {

namespace fs = std::filesystem;

class SelfSignedTest : public testing::Test {
  protected:
    SelfSignedTest() {
        path = fs::temp_directory_path() / "isthmus-cert-XXXXXX";
        mkdtemp(path.data());
    }

    ~SelfSignedTest() override { fs::remove_all(path); }

    std::string path;
};

TEST_F(SelfSignedTest, IsMadeOnceAndKeptPrivate) {
    const auto made = ensure_self_signed(path, {"gateway.example", "127.0.0.1", "::1"});
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->is_new);
    EXPECT_EQ(fs::status(made->private_key_file).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_TRUE(TlsContext::load(
        {.certificate_chain = made->certificate_file, .private_key = made->private_key_file}));
    const std::string fingerprint = certificate_fingerprint(made->certificate_file);
    EXPECT_EQ(fingerprint.size(), 64U);
    const auto again = ensure_self_signed(path, {"other.example"});
    EXPECT_FALSE(again->is_new);
    EXPECT_EQ(certificate_fingerprint(again->certificate_file), fingerprint);
}

TEST_F(SelfSignedTest, ABrokenPairIsReplaced) {
    const auto made = ensure_self_signed(path, {"gateway.example"});
    const std::string fingerprint = certificate_fingerprint(made->certificate_file);
    std::ofstream(made->private_key_file) << "nonsense";
    const auto again = ensure_self_signed(path, {"gateway.example"});
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->is_new);
    EXPECT_NE(certificate_fingerprint(again->certificate_file), fingerprint);
    EXPECT_EQ(certificate_fingerprint(path + "/none"), "");
}

TEST_F(SelfSignedTest, AFolderThatCannotBeWrittenIsNamed) {
    const auto failed = ensure_self_signed(path + "/none", {"gateway.example"});
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().detail.find("/none/admin-key.pem"), std::string::npos);
}

}  // namespace
}  // namespace isthmus::net
