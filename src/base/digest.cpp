#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace isthmus::digest {

namespace {

std::string hash_hex(const EVP_MD* algorithm, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    EVP_Digest(data.data(), data.size(), out.data(), &size, algorithm, nullptr);
    return to_hex({reinterpret_cast<const char*>(out.data()), size});
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string md5_hex(std::string_view data) {
    return hash_hex(EVP_md5(), data);
}

std::string sha1_hex(std::string_view data) {
    return hash_hex(EVP_sha1(), data);
}

std::string sha256_hex(std::string_view data) {
    return hash_hex(EVP_sha256(), data);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(data.data()),
         data.size(),
         out.data(),
         &size);
    return to_hex({reinterpret_cast<const char*>(out.data()), size});
}

std::string to_hex(std::string_view octets) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(octets.size() * 2);
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        out.push_back(kDigits[octet >> 4U]);
        out.push_back(kDigits[octet & 15U]);
    }
    return out;
}

std::string base64_encode(std::string_view data) {
    std::string out;
    out.reserve((data.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < data.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group =
                group << 8U | (i + j < data.size() ? static_cast<unsigned char>(data[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out.push_back(i + j <= data.size() ? kBase64[group >> (18 - 6 * j) & 63U] : '=');
        }
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        std::size_t padding = 0;
        if (last && text[i + 3] == '=') {
            padding = text[i + 2] == '=' ? 2 : 1;
        }
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const std::size_t value = j < 4 - padding ? kBase64.find(text[i + j]) : 0;
            if (value == std::string_view::npos) {
                return std::nullopt;
            }
            group = group << 6U | static_cast<std::uint32_t>(value);
        }
        // RFC 4648 §3.5: bits that stand for nothing are zero, so that a text has one spelling.
        if ((group & ((1U << 8 * padding) - 1)) != 0) {
            return std::nullopt;
        }
        for (std::size_t j = 0; j + padding < 3; ++j) {
            out.push_back(static_cast<char>(group >> (16 - 8 * j) & 255U));
        }
    }
    return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace isthmus::digest
