#include "control/totp.h"

#include "base/digest.h"
#include "base/text.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace isthmus::control::totp {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr int kDigits = 6;
constexpr std::size_t kSecret = 20;
constexpr std::size_t kRecoveryCodes = 10;
constexpr std::size_t kRecoveryOctets = 10;

}  // namespace

std::string base32_encode(std::string_view octets) {
    std::string made;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char octet : octets) {
        bits = (bits << 8U) | static_cast<unsigned char>(octet);
        for (count += 8; count >= 5; count -= 5) {
            made.push_back(kAlphabet[bits >> static_cast<unsigned>(count - 5) & 31U]);
        }
    }
    if (count > 0) {
        made.push_back(kAlphabet[bits << static_cast<unsigned>(5 - count) & 31U]);
    }
    return made;
}

std::optional<std::string> base32_decode(std::string_view text) {
    std::string made;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        const std::size_t value = kAlphabet.find(upper);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 5U) | static_cast<std::uint32_t>(value);
        count += 5;
        if (count >= 8) {
            count -= 8;
            made.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 255U));
        }
    }
    return made;
}

std::string hotp(std::string_view secret, std::uint64_t counter, int digits) {
    std::array<unsigned char, 8> message{};
    for (std::size_t i = message.size(); i-- > 0; counter >>= 8U) {
        message[i] = static_cast<unsigned char>(counter);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha1(),
         secret.data(),
         static_cast<int>(secret.size()),
         message.data(),
         message.size(),
         mac.data(),
         &size);
    // RFC 4226 §5.3: dynamic truncation.
    const std::size_t at = mac[size - 1] & 15U;
    const std::uint32_t number = (mac[at] & 127U) << 24U |
                                 static_cast<std::uint32_t>(mac[at + 1]) << 16U |
                                 static_cast<std::uint32_t>(mac[at + 2]) << 8U | mac[at + 3];
    std::uint32_t modulus = 1;
    for (int i = 0; i < digits; ++i) {
        modulus *= 10;
    }
    return fmt::format("{:0{}}", number % modulus, digits);
}

std::string make_secret(Random& random) {
    std::string raw(kSecret, '\0');
    random.fill(raw.data(), raw.size());
    return base32_encode(raw);
}

std::optional<std::int64_t> matching_step(const std::string& base32_secret,
                                          std::string_view code,
                                          std::int64_t seconds) {
    const auto secret = base32_decode(base32_secret);
    if (!secret || code.size() != kDigits) {
        return std::nullopt;
    }
    std::optional<std::int64_t> found;
    for (const std::int64_t near : {-1, 0, 1}) {
        const std::int64_t step = step_at(seconds) + near;
        if (digest::equal_constant_time(hotp(*secret, static_cast<std::uint64_t>(step), kDigits),
                                        code)) {
            found = step;
        }
    }
    return found;
}

std::string uri(std::string_view issuer, std::string_view account, std::string_view base32_secret) {
    return fmt::format(
        "otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period=30",
        text::percent_encoded(issuer),
        text::percent_encoded(account),
        base32_secret,
        text::percent_encoded(issuer),
        kDigits);
}

std::vector<std::string> make_recovery_codes(Random& random) {
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
        std::string raw(kRecoveryOctets, '\0');
        random.fill(raw.data(), raw.size());
        const std::string code = text::to_lower(base32_encode(raw));
        codes.push_back(fmt::format("{}-{}-{}-{}",
                                    code.substr(0, 4),
                                    code.substr(4, 4),
                                    code.substr(8, 4),
                                    code.substr(12, 4)));
    }
    return codes;
}

std::optional<std::string> recovery_hash(std::string_view typed) {
    std::string plain;
    for (const char c : typed) {
        if (c != '-' && c != ' ') {
            plain.push_back(text::lower(c));
        }
    }
    const auto raw = plain.size() == kRecoveryOctets * 8 / 5 ? base32_decode(plain) : std::nullopt;
    return raw ? std::optional(digest::sha256_hex(*raw)) : std::nullopt;
}

}  // namespace isthmus::control::totp
