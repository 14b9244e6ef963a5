// Files that an ACME client renews: taken as a pair or not at all.
#include "control/certificate_watch.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "certificate_world.h"

namespace isthmus::control {
namespace {

using ::testing::HasSubstr;

class CertificateWatchTest : public Certificates {
  protected:
    void write(const std::string& name, const std::string& text) {
        // As ACME clients do: beside it, then in its place.
        const std::string file = path + "/" + name;
        std::ofstream(file + ".new") << text;
        std::filesystem::rename(file + ".new", file);
    }

    void write_pair(const test::Certificate& one) {
        write("fullchain.pem", one.certificate_pem);
        write("privkey.pem", one.key_pem);
    }

    CertificateImport order() const {
        return {.name = "acme",
                .uses = {Use::Sip},
                .certificate_file = path + "/fullchain.pem",
                .private_key_file = path + "/privkey.pem"};
    }

    std::string in_force() const {
        return certificates->shown_by(Use::Sip).front()->document.certificate;
    }

    CertificateWatch watch{*certificates};
};

TEST_F(CertificateWatchTest, ARenewedPairIsTakenWhenItHasSettled) {
    const auto first = good();
    const auto second = good();
    write_pair(first);
    ASSERT_TRUE(watch.add(order(), edit));
    EXPECT_EQ(in_force(), first.certificate_pem);
    const std::uint64_t before = revisions();
    watch.poll();
    watch.poll();
    EXPECT_EQ(revisions(), before) << "nothing has changed";
    write_pair(second);
    watch.poll();
    EXPECT_EQ(in_force(), first.certificate_pem) << "it may still be written";
    watch.poll();
    EXPECT_EQ(in_force(), second.certificate_pem);
    EXPECT_EQ(revisions(), before + 1);
    EXPECT_EQ(store.history(1).front().author.origin, "files");
    EXPECT_EQ(watch.trouble("acme"), nullptr);
}

TEST_F(CertificateWatchTest, WhatIsThereUnderThatNameIsReplacedOnlyIfSaidSo) {
    const auto imported = good();
    ASSERT_TRUE(import({both(imported)}, {.name = "acme", .uses = {Use::Sip}}));
    write_pair(good());
    const auto refused = watch.add(order(), edit);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(refused.error().code, "IST-API-003");
    EXPECT_EQ(in_force(), imported.certificate_pem);
    auto replacing = order();
    replacing.is_replacing = true;
    ASSERT_TRUE(watch.add(replacing, edit));
    EXPECT_NE(in_force(), imported.certificate_pem);
    // The same files again are no other certificate.
    write_pair(good());
    EXPECT_TRUE(watch.add(order(), edit));
    // Other files are.
    write("other.pem", imported.certificate_pem);
    write("other.key", imported.key_pem);
    auto others = order();
    others.certificate_file = path + "/other.pem";
    others.private_key_file = path + "/other.key";
    EXPECT_FALSE(watch.add(others, edit));
}

TEST_F(CertificateWatchTest, AHalfWrittenPairIsNeverTaken) {
    const auto first = good();
    const auto second = good();
    write_pair(first);
    ASSERT_TRUE(watch.add(order(), edit));
    write("fullchain.pem", second.certificate_pem);
    for (int i = 0; i < 3; ++i) {
        watch.poll();
    }
    EXPECT_EQ(in_force(), first.certificate_pem);
    ASSERT_NE(watch.trouble("acme"), nullptr);
    EXPECT_EQ(watch.trouble("acme")->code, "IST-CERT-012");
    write("fullchain.pem", second.certificate_pem.substr(0, 300));
    watch.reload();
    EXPECT_EQ(watch.trouble("acme")->code, "IST-CERT-010");
    write_pair(second);
    watch.reload();
    EXPECT_EQ(in_force(), second.certificate_pem) << "a reload need not wait";
    EXPECT_EQ(watch.trouble("acme"), nullptr);
}

TEST_F(CertificateWatchTest, FilesThatVanishOrAreNoneLeaveWhatThereIs) {
    const auto first = good();
    write_pair(first);
    ASSERT_TRUE(watch.add(order(), edit));
    std::filesystem::remove(path + "/privkey.pem");
    watch.poll();
    watch.poll();
    ASSERT_NE(watch.trouble("acme"), nullptr);
    EXPECT_THAT(watch.trouble("acme")->detail, HasSubstr("No such file"));
    ASSERT_EQ(mkfifo((path + "/privkey.pem").c_str(), 0600), 0);
    watch.reload();
    EXPECT_THAT(watch.trouble("acme")->detail, HasSubstr("no regular file"));
    EXPECT_EQ(in_force(), first.certificate_pem);
    // An expired one is not taken either.
    std::filesystem::remove(path + "/privkey.pem");
    write_pair(good(std::chrono::seconds(-60)));
    watch.reload();
    EXPECT_EQ(watch.trouble("acme")->code, "IST-CERT-014");
    EXPECT_EQ(in_force(), first.certificate_pem);
}

TEST_F(CertificateWatchTest, AfterARestartWhatWasTakenIsThereWithoutTheFiles) {
    const auto first = good();
    write_pair(first);
    ASSERT_TRUE(watch.add(order(), edit));
    std::filesystem::remove(path + "/fullchain.pem");
    start();
    EXPECT_EQ(in_force(), first.certificate_pem);
    CertificateWatch again(*certificates);
    again.reload();
    ASSERT_NE(again.trouble("acme"), nullptr);
    EXPECT_EQ(in_force(), first.certificate_pem);
}

TEST_F(CertificateWatchTest, WhoIsAskedToWatchNothingSaysSo) {
    EXPECT_EQ(code_of(watch.add(order(), edit)), "IST-CERT-022");
    write_pair(good());
    const auto made = watch.add(order(), edit);
    ASSERT_TRUE(made);
    EXPECT_THAT(made->warnings, testing::Contains(HasSubstr("chmod 640")));
}

TEST_F(CertificateWatchTest, AnImportOverWatchedFilesEndsTheWatchAndSaysSo) {
    const auto first = good();
    write_pair(first);
    ASSERT_TRUE(watch.add(order(), edit));
    const auto again = import({both(first)}, {.name = "acme"});
    ASSERT_TRUE(again);
    EXPECT_THAT(again->warnings, testing::Contains(HasSubstr("are not watched any more")));
    testing::internal::CaptureStderr();
    write_pair(good());
    watch.poll();
    watch.poll();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("not watched any more"));
    EXPECT_EQ(in_force(), first.certificate_pem);
    // To watch them again is no loss, and a renewal by them neither.
    const auto watched = watch.add(order(), edit);
    ASSERT_FALSE(watched) << "they hold another key by now, and the name was taken over";
    auto replacing = order();
    replacing.is_replacing = true;
    const auto begun = watch.add(replacing, edit);
    ASSERT_TRUE(begun);
    EXPECT_THAT(begun->warnings, testing::Not(testing::Contains(HasSubstr("not watched"))));
}

}  // namespace
}  // namespace isthmus::control
