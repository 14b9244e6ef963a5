// A secret opens with its key, at its place, unchanged; or not at all.
#include "store/key_box.h"

#include "store/store_error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace isthmus::store {
namespace {

namespace fs = std::filesystem;

class KeyBoxTest : public testing::Test {
  protected:
    KeyBoxTest() : folder(fs::temp_directory_path() / "isthmus-keys-XXXXXX") {
        mkdtemp(folder.data());
        file = folder + "/secret.key";
    }

    ~KeyBoxTest() override { fs::remove_all(folder); }

    std::string contents() const {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }

    void write(std::string_view text) const {
        std::ofstream(file) << text;
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    }

    std::string folder;
    std::string file;
};

TEST_F(KeyBoxTest, IsMadeOnceForItsOwnerOnly) {
    std::string sealed;
    {
        const KeyBox keys(file);
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
        sealed = keys.seal("JBSWY3DP", "admin/alice/totp");
    }
    EXPECT_EQ(KeyBox(file).open(sealed, "admin/alice/totp"), "JBSWY3DP");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(KeyBoxTest, SealsAnyOctetsEachTimeAnew) {
    const KeyBox keys;
    for (const std::string& plain :
         {std::string(), std::string("\0\xFF\n", 3), std::string(100'000, 'k')}) {
        const std::string sealed = keys.seal(plain, "place");
        EXPECT_TRUE(KeyBox::is_sealed(sealed));
        EXPECT_EQ(keys.open(sealed, "place"), plain);
        EXPECT_NE(keys.seal(plain, "place"), sealed);
    }
    EXPECT_EQ(keys.seal("hunter2", "p").find("hunter2"), std::string::npos);
}

TEST_F(KeyBoxTest, NothingOpensThatWasMovedOrChanged) {
    const KeyBox keys;
    const std::string sealed = keys.seal("a secret that is long enough", "admin/alice/totp");
    EXPECT_THROW(keys.open(sealed, "admin/bob/totp"), StoreError);
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        std::string bad = sealed;
        bad[at] = bad[at] == 'A' ? 'B' : 'A';
        EXPECT_THROW(keys.open(bad, "admin/alice/totp"), StoreError) << at;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_THROW(keys.open(sealed.substr(0, size), "admin/alice/totp"), StoreError) << size;
    }
    EXPECT_THROW(keys.open("in clear", "admin/alice/totp"), StoreError);
    EXPECT_FALSE(KeyBox::is_sealed("sealed:1:"));
}

TEST_F(KeyBoxTest, AnotherBoxSaysWhichKeyIsMissing) {
    const KeyBox keys;
    const std::string sealed = keys.seal("x", "place");
    const KeyBox other(file);
    try {
        other.open(sealed, "place");
        FAIL();
    } catch (const KeyMissing& error) {
        EXPECT_NE(std::string(error.what()).find(file), std::string::npos);
        EXPECT_NE(std::string(error.what()).find(sealed.substr(9, 16)), std::string::npos);
    }
}

TEST_F(KeyBoxTest, ANewKeySealsAndTheOldOnesOpen) {
    KeyBox keys(file);
    const std::string old = keys.seal("x", "place");
    EXPECT_TRUE(keys.is_current(old));
    keys.add_key();
    EXPECT_FALSE(keys.is_current(old));
    EXPECT_EQ(keys.open(old, "place"), "x");
    EXPECT_TRUE(keys.is_current(keys.seal("x", "place")));
    KeyBox again(file);
    EXPECT_EQ(again.open(old, "place"), "x");
    EXPECT_TRUE(again.is_current(keys.seal("x", "place")));
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(KeyBoxTest, LearnsTheKeysOfAnotherForOpeningOnly) {
    const KeyBox other;
    const std::string sealed = other.seal("x", "place");
    KeyBox keys(file);
    const std::string own = keys.seal("y", "place");
    EXPECT_EQ(keys.learn(other.text()), 1U);
    EXPECT_EQ(keys.learn(other.text()), 0U);
    EXPECT_EQ(keys.open(sealed, "place"), "x");
    EXPECT_TRUE(keys.is_current(own));
    EXPECT_EQ(KeyBox(file).open(sealed, "place"), "x");
    EXPECT_THROW(keys.learn("no keys"), StoreError);
}

TEST_F(KeyBoxTest, AFileThatIsNoneIsRefusedAndStays) {
    {
        const KeyBox keys(file);
    }
    const std::string good = contents();
    for (const std::string& bad : {std::string(),
                                   std::string("isthmus-keys 1\n"),
                                   std::string("isthmus-keys 2\n") + good.substr(15),
                                   good.substr(0, good.size() - 5),
                                   good + "x",
                                   std::string(2'000'000, 'x')}) {
        write(bad);
        EXPECT_THROW(KeyBox{file}, StoreError) << bad.substr(0, 80);
        EXPECT_EQ(contents(), bad);
    }
    write(good + "\n# kept since 2026\n");
    EXPECT_NO_THROW(KeyBox{file});
    fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
    EXPECT_THROW(KeyBox{file}, StoreError);
}

}  // namespace
}  // namespace isthmus::store
