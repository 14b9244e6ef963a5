#include "sip/digest_auth.h"

#include "base/digest.h"
#include "support/counting_random.h"
#include "support/manual_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(DigestChallenges, AreParsed) {
    const auto challenge = parse_challenge(
        R"(Digest realm="at,lan\"ta", domain="sip:x", qop="auth-int, auth", nonce="f84f",)"
        R"( opaque="", stale=TRUE, algorithm=sha-256)");
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->realm, R"(at,lan\"ta)");
    EXPECT_EQ(challenge->nonce, "f84f");
    EXPECT_TRUE(challenge->has_opaque);
    EXPECT_TRUE(challenge->has_qop);
    EXPECT_TRUE(challenge->is_stale);
    EXPECT_EQ(challenge->algorithm, DigestAlgorithm::Sha256);
}

TEST(DigestChallenges, OthersAreRefused) {
    for (std::string_view value : {"",
                                   "Basic realm=\"x\"",
                                   "Digest",
                                   "Digest realm=\"x\"",
                                   "Digest nonce=\"x\"",
                                   "Digest realm=\"x\", nonce=\"\"",
                                   "Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256",
                                   "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"",
                                   "Digest realm=\"x\" nonce=\"y\"",
                                   "Digest realm=\"x, nonce=\"y\"",
                                   "Digest realm=, nonce=\"y\""}) {
        EXPECT_FALSE(parse_challenge(value)) << value;
    }
}

Response challenged(int status, std::vector<std::string_view> values) {
    Response response;
    response.status = status;
    for (std::string_view value : values) {
        const bool is_proxy = status == 407;
        response.headers.push_back(
            {is_proxy ? HeaderId::ProxyAuthenticate : HeaderId::WwwAuthenticate, "", value});
    }
    return response;
}

std::string param(const std::string& value, const std::string& name) {
    const std::size_t at = value.find(name + "=");
    if (at == std::string::npos) {
        return "";
    }
    const std::size_t start = at + name.size() + 1;
    if (value[start] == '"') {
        return value.substr(start + 1, value.find('"', start + 1) - start - 1);
    }
    return value.substr(start, value.find(',', start) - start);
}

// RFC 2617 §3.5's example has a fixed cnonce; ours is random, so the hash is done by hand here.
TEST(DigestClient, AnswersWithQop) {
    test::CountingRandom random;
    const auto answer = answer_challenge(
        challenged(401, {R"(Digest realm="r@x", qop="auth,auth-int", nonce="n1", opaque="o")"}),
        "MESSAGE",
        "sip:b@x",
        {"alice", "secret"},
        random);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header, HeaderId::Authorization);
    EXPECT_FALSE(answer->is_stale);
    const std::string cnonce = param(answer->value, " cnonce");
    EXPECT_EQ(cnonce.size(), 32U);
    EXPECT_EQ(param(answer->value, "opaque"), "o");
    EXPECT_EQ(param(answer->value, "nc"), "00000001");
    EXPECT_EQ(param(answer->value, "response"),
              digest::md5_hex(digest::md5_hex("alice:r@x:secret") + ":n1:00000001:" + cnonce +
                              ":auth:" + digest::md5_hex("MESSAGE:sip:b@x")));
}

// RFC 2617 §3.5 without qop, as RFC 2069 clients did: a fixed known answer.
TEST(DigestClient, AnswersWithoutQop) {
    test::CountingRandom random;
    const auto answer = answer_challenge(
        challenged(
            407,
            {R"(Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")"}),
        "GET",
        "/dir/index.html",
        {"Mufasa", "CircleOfLife"},
        random);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header, HeaderId::ProxyAuthorization);
    EXPECT_EQ(param(answer->value, "response"), "1949323746fe6a43ef61f9606e7febea");
    EXPECT_EQ(answer->value.find("qop"), std::string::npos);
    EXPECT_EQ(answer->value.find("nc="), std::string::npos);
}

// RFC 8760 §2.4: the topmost that we know.
TEST(DigestClient, TakesTheFirstItKnows) {
    test::CountingRandom random;
    const auto answer = answer_challenge(
        challenged(401,
                   {R"(Digest realm="r", nonce="a", algorithm=SHA-512-256, qop="auth")",
                    R"(Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth")",
                    R"(Digest realm="r", nonce="c", algorithm=MD5, qop="auth")"}),
        "MESSAGE",
        "sip:b@x",
        {"alice", "secret"},
        random);
    ASSERT_TRUE(answer);
    EXPECT_EQ(param(answer->value, " nonce"), "b");
    EXPECT_EQ(param(answer->value, "response").size(), 64U);
    EXPECT_FALSE(answer_challenge(
        challenged(401, {"Basic realm=\"x\""}), "MESSAGE", "sip:b@x", {"a", "b"}, random));
}

TEST(DigestClient, QuotesCannotBreakOut) {
    test::CountingRandom random;
    const auto answer = answer_challenge(challenged(401, {R"(Digest realm="r", nonce="a")"}),
                                         "MESSAGE",
                                         "sip:b@x",
                                         {"al\", uri=\"sip:evil", "secret"},
                                         random);
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->value.find(R"(username="al\", uri=\"sip:evil")"), std::string::npos);
}

class Secrets final : public DigestSecrets {
  public:
    std::optional<std::string> ha1(std::string_view username,
                                   std::string_view realm,
                                   DigestAlgorithm algorithm) override {
        ++asked;
        if (username != "alice") {
            return std::nullopt;
        }
        return digest_ha1(algorithm, username, realm, "secret");
    }

    int asked = 0;
};

class DigestServerTest : public testing::Test {
  protected:
    std::string answer(const std::string& challenge,
                       const Credentials& credentials,
                       std::uint32_t count = 1,
                       std::string_view uri = "sip:b@x") {
        const auto answer = answer_challenge(
            challenged(401, {challenge}), "MESSAGE", uri, credentials, random_, count);
        return answer ? answer->value : "";
    }

    DigestVerdict check(const std::string& value,
                        std::string_view method = "MESSAGE",
                        std::string_view uri = "sip:b@x") {
        return server_.check(value, method, uri, secrets_).verdict;
    }

    test::ManualLoop loop_;
    test::CountingRandom random_;
    DigestServer server_{"example.com", loop_.timers(), random_, minutes(5)};
    Secrets secrets_;
    Credentials alice_{"alice", "secret"};
};

TEST_F(DigestServerTest, StrongestFirstAndBothWork) {
    const auto challenges = server_.challenges(false);
    ASSERT_EQ(challenges.size(), 2U);
    EXPECT_NE(challenges[0].find("algorithm=SHA-256"), std::string::npos);
    EXPECT_NE(challenges[1].find("algorithm=MD5"), std::string::npos);
    const DigestCheck good =
        server_.check(answer(challenges[0], alice_), "MESSAGE", "sip:b@x", secrets_);
    EXPECT_EQ(good.verdict, DigestVerdict::Good);
    EXPECT_EQ(good.username, "alice");
    EXPECT_EQ(check(answer(server_.challenges(false)[1], alice_)), DigestVerdict::Good);
}

TEST_F(DigestServerTest, SessionAlgorithms) {
    for (std::string challenge : server_.challenges(false)) {
        const bool is_sha = challenge.find("SHA-256") != std::string::npos;
        const std::string name = is_sha ? "SHA-256" : "MD5";
        challenge.replace(challenge.find(name), name.size(), name + "-sess");
        EXPECT_EQ(check(answer(challenge, alice_, is_sha ? 1 : 2)), DigestVerdict::Good) << name;
    }
}

TEST_F(DigestServerTest, WrongPasswordAndUnknownUserLookAlike) {
    const std::string challenge = server_.challenges(false)[0];
    EXPECT_EQ(check(answer(challenge, {"alice", "wrong"})), DigestVerdict::Failed);
    EXPECT_EQ(check(answer(challenge, {"mallory", "secret"})), DigestVerdict::Failed);
    EXPECT_EQ(secrets_.asked, 2);
    // A failure uses nothing up.
    EXPECT_EQ(check(answer(challenge, alice_)), DigestVerdict::Good);
}

TEST_F(DigestServerTest, CountMustGrow) {
    const std::string challenge = server_.challenges(false)[0];
    const std::string first = answer(challenge, alice_, 1);
    EXPECT_EQ(check(first), DigestVerdict::Good);
    EXPECT_EQ(check(first), DigestVerdict::Stale);
    EXPECT_EQ(check(answer(challenge, alice_, 5)), DigestVerdict::Good);
    EXPECT_EQ(check(answer(challenge, alice_, 4)), DigestVerdict::Stale);
    EXPECT_EQ(check(answer(challenge, alice_, 6)), DigestVerdict::Good);
}

TEST_F(DigestServerTest, NoncesAge) {
    const std::string challenge = server_.challenges(false)[0];
    loop_.advance(minutes(5));
    EXPECT_EQ(check(answer(challenge, alice_, 1)), DigestVerdict::Good);
    loop_.advance(seconds(1));
    EXPECT_EQ(check(answer(challenge, alice_, 2)), DigestVerdict::Stale);
    // With a wrong password that is not told.
    EXPECT_EQ(check(answer(challenge, {"alice", "wrong"}, 3)), DigestVerdict::Failed);
}

TEST_F(DigestServerTest, NoncesOfOthersAreStale) {
    DigestServer other("example.com", loop_.timers(), random_);
    EXPECT_EQ(check(answer(other.challenges(false)[0], alice_)), DigestVerdict::Stale);
    EXPECT_EQ(check(answer(R"(Digest realm="example.com", nonce="x", qop="auth")", alice_)),
              DigestVerdict::Stale);
}

// However many nonces are used, none can be used twice.
TEST_F(DigestServerTest, ReplayFailsEvenWhenPushedOut) {
    const std::string challenge = server_.challenges(false)[1];
    const std::string first = answer(challenge, alice_);
    EXPECT_EQ(check(first), DigestVerdict::Good);
    int good = 0;
    for (int i = 0; i < 20000; ++i) {
        if (i % 100 == 0) {
            loop_.advance(std::chrono::milliseconds(1));
        }
        good += check(answer(server_.challenges(false)[1], alice_)) == DigestVerdict::Good ? 1 : 0;
    }
    EXPECT_GT(good, 19000);
    EXPECT_EQ(check(first), DigestVerdict::Stale);
}

TEST_F(DigestServerTest, EverythingIsBoundToTheRequest) {
    const std::string challenge = server_.challenges(false)[0];
    EXPECT_EQ(check(answer(challenge, alice_), "INVITE"), DigestVerdict::Failed);
    EXPECT_EQ(check(answer(challenge, alice_), "MESSAGE", "sip:other@x"), DigestVerdict::Failed);
    EXPECT_EQ(check(answer(challenge, alice_, 1, "sip:b@X"), "MESSAGE", "sip:%62@x"),
              DigestVerdict::Good);
}

TEST_F(DigestServerTest, BrokenOnesFail) {
    const std::string good = answer(server_.challenges(false)[0], alice_);
    const auto without = [&](const std::string& part) {
        std::string text = good;
        const std::size_t at = text.find(part);
        EXPECT_NE(at, std::string::npos) << part;
        return text.erase(at, part.size());
    };
    EXPECT_EQ(check(without(", qop=auth")), DigestVerdict::Failed);
    EXPECT_EQ(check(without(", nc=00000001")), DigestVerdict::Failed);
    EXPECT_EQ(check(without("00000001")), DigestVerdict::Failed);
    EXPECT_EQ(check(without("username=\"alice\", ")), DigestVerdict::Failed);
    EXPECT_EQ(check(without("Digest ")), DigestVerdict::Failed);
    EXPECT_EQ(check(good + ", username=\"bob\""), DigestVerdict::Failed);
    EXPECT_EQ(check(good + ", x"), DigestVerdict::Failed);
    EXPECT_EQ(check(""), DigestVerdict::Failed);
    EXPECT_EQ(check("NoOneKnowsThisScheme opaque-data=here"), DigestVerdict::Failed);
    EXPECT_EQ(secrets_.asked, 0);
    EXPECT_EQ(check(answer(server_.challenges(false)[0], {std::string(8000, 'x'), "p"})),
              DigestVerdict::Failed);
    EXPECT_EQ(secrets_.asked, 0);
    EXPECT_EQ(check(good), DigestVerdict::Good);
}

TEST_F(DigestServerTest, Md5CanBeSwitchedOff) {
    DigestServer strict("example.com", loop_.timers(), random_, minutes(5), false);
    const auto challenges = strict.challenges(true);
    ASSERT_EQ(challenges.size(), 1U);
    EXPECT_NE(challenges[0].find("stale=true"), std::string::npos);
    std::string weak = challenges[0];
    weak.replace(weak.find("SHA-256"), 7, "MD5");
    EXPECT_EQ(strict.check(answer(weak, alice_), "MESSAGE", "sip:b@x", secrets_).verdict,
              DigestVerdict::Failed);
    EXPECT_EQ(strict.check(answer(challenges[0], alice_), "MESSAGE", "sip:b@x", secrets_).verdict,
              DigestVerdict::Good);
}

}  // namespace
}  // namespace isthmus::sip
