#include "store/sealed_stream.h"

#include "base/freed.h"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::string_view kMagic = "ISTHMUS-BACKUP\n\x01";
constexpr std::size_t kCost = 8;
constexpr std::size_t kSalt = 16;
constexpr std::size_t kCheck = 16;
constexpr std::size_t kStreamHead = kMagic.size() + kCost + kSalt + kCheck;
constexpr std::size_t kStreamKey = 32;
constexpr std::size_t kStreamNonce = 12;
constexpr std::size_t kStreamTag = 16;
constexpr std::size_t kLength = 4;
constexpr std::uint32_t kLastChunk = 0x80000000U;
constexpr std::size_t kChunk = 65536;
static_assert(kMagic.size() == 16);

// A file that somebody sends must not cost all memory or an hour.
constexpr std::uint32_t kMostMemory = 1U << 20U;
constexpr std::uint32_t kMostPasses = 16;

unsigned char* octets_in(char* text) {
    return reinterpret_cast<unsigned char*>(text);
}

const unsigned char* octets_in(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// What the passphrase gives: the key of the chunks, and what is compared first.
struct Keys {
    Keys(std::string_view passphrase, std::string_view salt, SealCost cost) {
        if (passphrase.empty()) {
            throw StoreError("a backup wants a passphrase");
        }
        const int failed = argon2id_hash_raw(cost.passes,
                                             cost.memory_kib,
                                             1,
                                             passphrase.data(),
                                             passphrase.size(),
                                             salt.data(),
                                             salt.size(),
                                             made.data(),
                                             made.size());
        if (failed != ARGON2_OK) {
            throw StoreError(fmt::format("Argon2id with {} KiB of memory: {}",
                                         cost.memory_kib,
                                         argon2_error_message(failed)));
        }
    }

    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;
    Keys(Keys&&) = delete;
    Keys& operator=(Keys&&) = delete;

    ~Keys() { OPENSSL_cleanse(made.data(), made.size()); }

    std::string_view check() const {
        return {reinterpret_cast<const char*>(made.data() + kStreamKey), kCheck};
    }

    std::array<unsigned char, kStreamKey + kCheck> made{};
};

std::array<char, 4> number_field(std::uint32_t number) {
    return {static_cast<char>(number >> 24U),
            static_cast<char>(number >> 16U),
            static_cast<char>(number >> 8U),
            static_cast<char>(number)};
}

std::uint32_t read_number(std::string_view field) {
    std::uint32_t made = 0;
    for (const char octet : field.substr(0, 4)) {
        made = made << 8U | static_cast<unsigned char>(octet);
    }
    return made;
}

std::array<char, kLength> length_field(std::size_t size, bool is_last) {
    return number_field(static_cast<std::uint32_t>(size) | (is_last ? kLastChunk : 0U));
}

}  // namespace

/// AES-256-GCM over numbered chunks, in one direction.
class ChunkCipher {
  public:
    ChunkCipher(const Keys& keys, std::string head, bool is_sealing)
        : context_(EVP_CIPHER_CTX_new()), head_(std::move(head)), is_sealing_(is_sealing) {
        expect(EVP_CipherInit_ex(context_.get(),
                                 EVP_aes_256_gcm(),
                                 nullptr,
                                 keys.made.data(),
                                 nullptr,
                                 is_sealing ? 1 : 0));
    }

    /// Encrypts in place and returns the tag.
    std::array<char, kStreamTag> seal(std::string_view length, std::string& octets) {
        std::array<char, kStreamTag> tag{};
        run(length, octets, nullptr);
        expect(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kStreamTag, tag.data()));
        return tag;
    }

    /// Decrypts in place. False: something was changed.
    bool open(std::string_view length, std::string& octets, std::array<char, kStreamTag>& tag) {
        return run(length, octets, tag.data());
    }

    std::uint64_t chunks() const { return number_; }

  private:
    static void expect(int result) {
        if (result != 1) {
            throw StoreError("AES-256-GCM failed");
        }
    }

    bool run(std::string_view length, std::string& octets, char* tag) {
        std::array<unsigned char, kStreamNonce> nonce{};
        for (std::size_t i = 0; i < 8; ++i) {
            nonce[kStreamNonce - 1 - i] = static_cast<unsigned char>(number_ >> (8 * i));
        }
        ++number_;
        int size = 0;
        EVP_CIPHER_CTX* context = context_.get();
        expect(EVP_CipherInit_ex(
            context, nullptr, nullptr, nullptr, nonce.data(), is_sealing_ ? 1 : 0));
        for (const std::string_view data : {std::string_view(head_), length}) {
            expect(EVP_CipherUpdate(
                context, nullptr, &size, octets_in(data), static_cast<int>(data.size())));
        }
        if (!octets.empty()) {
            expect(EVP_CipherUpdate(context,
                                    octets_in(octets.data()),
                                    &size,
                                    octets_in(octets),
                                    static_cast<int>(octets.size())));
        }
        if (tag != nullptr) {
            expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kStreamTag, tag));
        }
        std::array<unsigned char, kStreamTag> rest{};
        const bool is_good = EVP_CipherFinal_ex(context, rest.data(), &size) == 1;
        if (tag == nullptr) {
            expect(is_good ? 1 : 0);
        }
        return is_good;
    }

    std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>> context_;
    std::string head_;
    std::uint64_t number_ = 0;
    bool is_sealing_;
};

SealedWriter::SealedWriter(Sink sink, std::string_view passphrase, SealCost cost)
    : sink_(std::move(sink)) {
    std::string salt(kSalt, '\0');
    if (RAND_bytes(octets_in(salt.data()), kSalt) != 1) {
        throw StoreError("there is no randomness");
    }
    const Keys keys(passphrase, salt, cost);
    const auto memory = number_field(cost.memory_kib);
    const auto passes = number_field(cost.passes);
    std::string head(kMagic);
    head.append(memory.data(), memory.size()).append(passes.data(), passes.size());
    head.append(salt).append(keys.check());
    sink_(head);
    cipher_ = std::make_unique<ChunkCipher>(keys, std::move(head), true);
}

SealedWriter::~SealedWriter() {
    OPENSSL_cleanse(plain_.data(), plain_.size());
}

void SealedWriter::write(std::string_view octets) {
    while (!octets.empty()) {
        const std::size_t size = std::min(octets.size(), kChunk - plain_.size());
        plain_ += octets.substr(0, size);
        octets.remove_prefix(size);
        if (plain_.size() == kChunk) {
            write_chunk(false);
        }
    }
}

void SealedWriter::finish() {
    write_chunk(true);
}

void SealedWriter::write_chunk(bool is_last) {
    const auto length = length_field(plain_.size(), is_last);
    const std::string_view field(length.data(), length.size());
    const auto tag = cipher_->seal(field, plain_);
    sink_(field);
    sink_(plain_);
    sink_({tag.data(), tag.size()});
    plain_.clear();
}

SealedReader::SealedReader(Source source, std::string_view passphrase)
    : source_(std::move(source)) {
    std::string head(kStreamHead, '\0');
    const std::size_t got = source_(head.data(), head.size());
    const std::string_view view = std::string_view(head).substr(0, got);
    constexpr std::size_t kName = kMagic.size() - 1;
    if (!view.starts_with(kMagic.substr(0, kName))) {
        throw BackupDamaged("this is no backup of Isthmus");
    }
    if (got > kName && head[kName] != kMagic.back()) {
        throw NewerFormat(
            fmt::format("the backup has format {}, this program knows {}: use a newer program",
                        static_cast<unsigned char>(head[kName]),
                        static_cast<int>(kMagic.back())));
    }
    if (got < kStreamHead) {
        throw BackupDamaged("the backup is cut off");
    }
    const SealCost cost{read_number(view.substr(kMagic.size())),
                        read_number(view.substr(kMagic.size() + 4))};
    if (cost.memory_kib < 8 || cost.memory_kib > kMostMemory || cost.passes < 1 ||
        cost.passes > kMostPasses) {
        throw BackupDamaged("the backup is damaged at its beginning");
    }
    const Keys keys(passphrase, view.substr(kMagic.size() + kCost, kSalt), cost);
    const std::string_view check = view.substr(kStreamHead - kCheck);
    if (CRYPTO_memcmp(keys.check().data(), check.data(), kCheck) != 0) {
        throw WrongPassphrase("the passphrase is wrong, or the backup is damaged at its beginning");
    }
    cipher_ = std::make_unique<ChunkCipher>(keys, std::move(head), false);
}

SealedReader::~SealedReader() {
    OPENSSL_cleanse(chunk_.data(), chunk_.size());
    OPENSSL_cleanse(buffer_.data(), buffer_.size());
}

void SealedReader::read_raw(char* to, std::size_t size) {
    if (source_(to, size) != size) {
        throw BackupDamaged("the backup is cut off");
    }
}

void SealedReader::read_chunk() {
    if (was_last_) {
        throw BackupDamaged("the backup ends too early");
    }
    std::array<char, kLength> field{};
    read_raw(field.data(), field.size());
    std::uint32_t length = read_number({field.data(), field.size()});
    was_last_ = (length & kLastChunk) != 0;
    length &= ~kLastChunk;
    if (length > kChunk) {
        throw BackupDamaged(fmt::format("the backup is damaged in chunk {}", cipher_->chunks()));
    }
    chunk_.resize(length);
    read_raw(chunk_.data(), length);
    std::array<char, kStreamTag> tag{};
    read_raw(tag.data(), tag.size());
    const std::uint64_t number = cipher_->chunks();
    if (!cipher_->open({field.data(), field.size()}, chunk_, tag)) {
        throw BackupDamaged(fmt::format("the backup is damaged in chunk {}", number));
    }
    buffer_ += chunk_;
}

std::string_view SealedReader::read(std::size_t size) {
    if (buffer_.size() - used_ < size) {
        buffer_.erase(0, used_);
        used_ = 0;
        while (buffer_.size() < size) {
            read_chunk();
        }
    }
    const std::string_view made = std::string_view(buffer_).substr(used_, size);
    used_ += size;
    return made;
}

void SealedReader::expect_end() {
    while (!was_last_ && used_ == buffer_.size()) {
        read_chunk();
    }
    char more = 0;
    if (used_ != buffer_.size() || source_(&more, 1) != 0) {
        throw BackupDamaged("there is something behind the end of the backup");
    }
}

}  // namespace isthmus::store
