// The files that the boot file names: those that are missing, unreadable, or do not fit each other.
#include "app/config.h"
#include "support/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace isthmus::app {
namespace {

using testing::HasSubstr;

/// A file in a folder of its own, with what it names.
class ConfigFiles : public testing::Test {
  protected:
    ConfigFiles() {
        folder = (std::filesystem::temp_directory_path() / "isthmus-config-XXXXXX").string();
        mkdtemp(folder.data());
    }

    ~ConfigFiles() override { std::filesystem::remove_all(folder); }

    void put(const std::string& name, std::string_view text) const {
        std::ofstream(folder + "/" + name, std::ios::binary) << text;
    }

    /// Faults, or "CODE text" of the warnings.
    std::string check(const std::string& lines) const {
        put("isthmus.toml",
            "[server]\nname = \"g.example\"\nstate_dir = \"state\"\n[sip]\nlisten = "
            "[\"udp:127.0.0.1:0\"]\n" +
                lines);
        const auto config = load_config(folder + "/isthmus.toml");
        if (!config) {
            return config.error().detail;
        }
        std::string made;
        for (const ConfigWarning& warning : config->warnings) {
            made += std::string(warning.code) + " " + warning.text + "\n";
        }
        return made;
    }

    std::string folder;
    test::CertificateAuthority authority;
};

TEST_F(ConfigFiles, ThoseThatAreGoodAreNotSpokenOf) {
    const auto own = authority.issue({.dns_names = {"g.example", "contoso.example"}});
    put("g.pem", own.certificate_pem);
    put("g.key", own.key_pem);
    put("ca.pem", authority.pem());
    EXPECT_EQ(check("domains = [\"contoso.example\"]\n[[sip.peer]]\nname = \"p\"\ntarget = "
                    "\"tcp:127.0.0.1\"\ndomains = [\"contoso.example\"]\n[tls]\ncertificate_file "
                    "= \"g.pem\"\nprivate_key_file = \"g.key\"\nextra_ca_files = [\"ca.pem\"]\n"),
              "");
    EXPECT_FALSE(std::filesystem::exists(folder + "/state")) << "checking makes nothing";
}

TEST_F(ConfigFiles, EachThatIsMissingIsAFault) {
    const std::string faults = check(
        "[tls]\ncertificate_file = \"g.pem\"\nprivate_key_file = \"g.key\"\n"
        "extra_ca_files = [\"ca.pem\"]\n[[sip.peer]]\nname = \"p\"\ntarget = "
        "\"tls:a.example\"\nusername = \"u\"\npassword_file = \"none\"\n[xmpp.component]\n"
        "server = \"127.0.0.1\"\ndomain = \"x.example\"\nsecret_file = \"none\"\n");
    for (const char* part : {"isthmus.toml:7:20: [tls] certificate_file: ",
                             "isthmus.toml:8:20: [tls] private_key_file: ",
                             "isthmus.toml:9:19: [tls] extra_ca_files: ",
                             "isthmus.toml:14:17: [[sip.peer]] password_file: ",
                             "isthmus.toml:18:15: [xmpp.component] secret_file: "}) {
        EXPECT_THAT(faults, HasSubstr(part));
    }
    EXPECT_THAT(faults, HasSubstr(folder + "/g.pem: user "));
    EXPECT_THAT(faults, HasSubstr("cannot read it: No such file or directory"));
}

TEST_F(ConfigFiles, WhatIsInThemMustFit) {
    const auto own = authority.issue({.dns_names = {"g.example"}});
    const auto other = authority.issue({.dns_names = {"g.example"}});
    const std::string tls = "[tls]\ncertificate_file = \"g.pem\"\nprivate_key_file = \"g.key\"\n";
    put("g.pem", own.certificate_pem);
    put("g.key", other.key_pem);
    EXPECT_THAT(check(tls),
                HasSubstr("isthmus.toml:8:20: [tls] private_key_file: " + folder +
                          "/g.key: the private key is not that of the certificate"));
    put("g.key", "nonsense");
    EXPECT_THAT(check(tls), HasSubstr("the private key cannot be read"));
    put("g.key", own.key_pem);
    put("g.pem", "nonsense");
    EXPECT_THAT(check(tls), HasSubstr("isthmus.toml:7:20: [tls] certificate_file: "));
    put("g.pem", "");
    EXPECT_THAT(check(tls), HasSubstr("g.pem: it is empty"));
    put("ca.pem", "nonsense");
    EXPECT_THAT(check("[tls]\nextra_ca_files = [\"ca.pem\"]\n"), HasSubstr("it must be PEM"));
    put("secret", " \n");
    EXPECT_THAT(check("[xmpp.component]\nserver = \"127.0.0.1\"\ndomain = \"x.example\"\n"
                      "secret_file = \"secret\"\n"),
                HasSubstr("it is empty; write the secret"));
}

TEST_F(ConfigFiles, OurCertificateMustNameUsAndBeValid) {
    const auto old = authority.issue({.dns_names = {"g.example"},
                                      .valid_from = std::chrono::hours(-48),
                                      .valid_until = std::chrono::hours(-24)});
    put("g.pem", old.certificate_pem);
    put("g.key", old.key_pem);
    const std::string warnings = check(
        "[xmpp]\ndomains = [\"contoso.example\"]\n[tls]\ncertificate_file = \"g.pem\"\n"
        "private_key_file = \"g.key\"\n");
    EXPECT_THAT(warnings, HasSubstr("IST-CERT-004 "));
    EXPECT_THAT(warnings, HasSubstr("IST-CERT-005 "));
    EXPECT_THAT(warnings, HasSubstr("it does not name 'contoso.example'"));
}

TEST_F(ConfigFiles, TheStateDirectoryMustBeOne) {
    put("state", "a file");
    EXPECT_THAT(check(""),
                HasSubstr("isthmus.toml:3:13: [server] state_dir: " + folder +
                          "/state is not a directory"));
}

TEST_F(ConfigFiles, AFileThatIsNoneHasAReason) {
    EXPECT_THAT(load_config(folder + "/none.toml").error().detail,
                HasSubstr("none.toml: cannot be read: No such file or directory"));
    EXPECT_THAT(load_config(folder).error().detail, HasSubstr("it is a directory"));
    put("empty.toml", "");
    EXPECT_THAT(load_config(folder + "/empty.toml").error().detail,
                HasSubstr("[server] name is required"));
}

}  // namespace
}  // namespace isthmus::app
