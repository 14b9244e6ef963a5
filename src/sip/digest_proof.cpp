#include "sip/digest_proof.h"

#include "base/digest.h"
#include "base/text.h"
#include "sip/grammar.h"

#include <fmt/core.h>

#include <algorithm>

namespace isthmus::sip {

namespace {

struct AlgorithmName {
    DigestAlgorithm algorithm;
    std::string_view name;
};

constexpr AlgorithmName kAlgorithms[] = {
    {DigestAlgorithm::Md5, "MD5"},
    {DigestAlgorithm::Md5Sess, "MD5-sess"},
    {DigestAlgorithm::Sha256, "SHA-256"},
    {DigestAlgorithm::Sha256Sess, "SHA-256-sess"},
};

std::string hash(DigestAlgorithm algorithm, std::string_view data) {
    return is_sha(algorithm) ? digest::sha256_hex(data) : digest::md5_hex(data);
}

}  // namespace

std::string_view digest_name(DigestAlgorithm algorithm) {
    return std::ranges::find(kAlgorithms, algorithm, &AlgorithmName::algorithm)->name;
}

std::optional<DigestAlgorithm> digest_algorithm(std::string_view name) {
    for (const AlgorithmName& known : kAlgorithms) {
        if (text::iequals(known.name, name)) {
            return known.algorithm;
        }
    }
    return std::nullopt;
}

bool is_sha(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::Sha256 || algorithm == DigestAlgorithm::Sha256Sess;
}

bool is_session(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::Md5Sess || algorithm == DigestAlgorithm::Sha256Sess;
}

AuthParams::AuthParams(std::string_view value)
    : text_(value), at_(7), is_digest_(text::istarts_with(value, "Digest ")) {}

bool AuthParams::next(std::string_view& name, std::string_view& value) {
    at_ = grammar::skip_blanks(text_, at_);
    while (at_ < text_.size() && text_[at_] == ',') {
        at_ = grammar::skip_blanks(text_, at_ + 1);
    }
    if (at_ >= text_.size()) {
        return false;
    }
    grammar::Param param;
    if (!grammar::read_param(text_, at_, param) || !param.has_value) {
        is_broken_ = true;
        return false;
    }
    at_ = grammar::skip_blanks(text_, at_);
    if (at_ < text_.size() && text_[at_] != ',') {
        is_broken_ = true;
        return false;
    }
    name = param.name;
    value = param.value;
    if (value.front() == '"') {
        value = value.substr(1, value.size() - 2);
    }
    return true;
}

std::string digest_ha1(DigestAlgorithm algorithm,
                       std::string_view username,
                       std::string_view realm,
                       std::string_view password) {
    return hash(algorithm, fmt::format("{}:{}:{}", username, realm, password));
}

std::string digest_response(std::string_view plain_ha1, const Proof& proof) {
    const std::string session =
        is_session(proof.algorithm)
            ? hash(proof.algorithm, fmt::format("{}:{}:{}", plain_ha1, proof.nonce, proof.cnonce))
            : std::string(plain_ha1);
    const std::string ha2 = hash(proof.algorithm, fmt::format("{}:{}", proof.method, proof.uri));
    if (!proof.has_qop) {
        return hash(proof.algorithm, fmt::format("{}:{}:{}", session, proof.nonce, ha2));
    }
    return hash(
        proof.algorithm,
        fmt::format(
            "{}:{}:{}:{}:auth:{}", session, proof.nonce, proof.nonce_count, proof.cnonce, ha2));
}

std::string escape_quotes(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
        }
        out.push_back(c);
    }
    return out;
}

}  // namespace isthmus::sip
