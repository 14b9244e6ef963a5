#include "store/sealed_stream.h"

#include "store/store_error.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::string_view kMagic = "ISTHMUS-BACKUP\n\x01";
constexpr std::size_t kSalt = 16;
constexpr std::size_t kCheck = 16;
constexpr std::size_t kHead = kMagic.size() + kSalt + kCheck;
constexpr std::size_t kKey = 32;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kLength = 4;
constexpr std::uint32_t kLastChunk = 0x80000000U;
constexpr std::size_t kChunk = 65536;
static_assert(kMagic.size() == 16);

constexpr std::uint64_t kScryptN = 1U << 17U;
constexpr std::uint64_t kScryptMemory = 256U << 20U;

unsigned char* octets_of(char* text) {
    return reinterpret_cast<unsigned char*>(text);
}

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// What the passphrase gives: the key of the chunks, and what is compared first.
struct Keys {
    explicit Keys(std::string_view passphrase, std::string_view salt) {
        if (passphrase.empty()) {
            throw StoreError("a backup wants a passphrase");
        }
        if (EVP_PBE_scrypt(passphrase.data(),
                           passphrase.size(),
                           octets_of(salt),
                           salt.size(),
                           kScryptN,
                           8,
                           1,
                           kScryptMemory,
                           made.data(),
                           made.size()) != 1) {
            throw StoreError("scrypt failed: is there memory (128 MB)?");
        }
    }

    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;
    Keys(Keys&&) = delete;
    Keys& operator=(Keys&&) = delete;

    ~Keys() { OPENSSL_cleanse(made.data(), made.size()); }

    std::string_view check() const {
        return {reinterpret_cast<const char*>(made.data() + kKey), kCheck};
    }

    std::array<unsigned char, kKey + kCheck> made{};
};

std::array<char, kLength> length_field(std::size_t size, bool is_last) {
    const auto number = static_cast<std::uint32_t>(size) | (is_last ? kLastChunk : 0U);
    return {static_cast<char>(number >> 24U),
            static_cast<char>(number >> 16U),
            static_cast<char>(number >> 8U),
            static_cast<char>(number)};
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
    std::array<char, kTag> seal(std::string_view length, std::string& octets) {
        std::array<char, kTag> tag{};
        run(length, octets, nullptr);
        expect(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()));
        return tag;
    }

    /// Decrypts in place. False: something was changed.
    bool open(std::string_view length, std::string& octets, std::array<char, kTag>& tag) {
        return run(length, octets, tag.data());
    }

    std::uint64_t chunks() const { return number_; }

  private:
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };

    static void expect(int result) {
        if (result != 1) {
            throw StoreError("AES-256-GCM failed");
        }
    }

    bool run(std::string_view length, std::string& octets, char* tag) {
        std::array<unsigned char, kNonce> nonce{};
        for (std::size_t i = 0; i < 8; ++i) {
            nonce[kNonce - 1 - i] = static_cast<unsigned char>(number_ >> (8 * i));
        }
        ++number_;
        int size = 0;
        EVP_CIPHER_CTX* context = context_.get();
        expect(EVP_CipherInit_ex(
            context, nullptr, nullptr, nullptr, nonce.data(), is_sealing_ ? 1 : 0));
        for (const std::string_view data : {std::string_view(head_), length}) {
            expect(EVP_CipherUpdate(
                context, nullptr, &size, octets_of(data), static_cast<int>(data.size())));
        }
        if (!octets.empty()) {
            expect(EVP_CipherUpdate(context,
                                    octets_of(octets.data()),
                                    &size,
                                    octets_of(octets),
                                    static_cast<int>(octets.size())));
        }
        if (tag != nullptr) {
            expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTag, tag));
        }
        std::array<unsigned char, kTag> rest{};
        const bool is_good = EVP_CipherFinal_ex(context, rest.data(), &size) == 1;
        if (tag == nullptr) {
            expect(is_good ? 1 : 0);
        }
        return is_good;
    }

    std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
    std::string head_;
    std::uint64_t number_ = 0;
    bool is_sealing_;
};

SealedWriter::SealedWriter(Sink sink, std::string_view passphrase) : sink_(std::move(sink)) {
    std::string salt(kSalt, '\0');
    if (RAND_bytes(octets_of(salt.data()), kSalt) != 1) {
        throw StoreError("there is no randomness");
    }
    const Keys keys(passphrase, salt);
    std::string head = fmt::format("{}{}{}", kMagic, salt, keys.check());
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
    std::string head(kHead, '\0');
    const std::size_t got = source_(head.data(), head.size());
    if (got < kHead || std::string_view(head).substr(0, kMagic.size() - 1) !=
                           kMagic.substr(0, kMagic.size() - 1)) {
        throw StoreError("this is no backup of Isthmus");
    }
    if (head[kMagic.size() - 1] != kMagic.back()) {
        throw StoreError(fmt::format("the backup has format {}, this program knows {}",
                                     static_cast<unsigned char>(head[kMagic.size() - 1]),
                                     static_cast<int>(kMagic.back())));
    }
    const std::string_view view(head);
    const Keys keys(passphrase, view.substr(kMagic.size(), kSalt));
    if (CRYPTO_memcmp(keys.check().data(), view.data() + kMagic.size() + kSalt, kCheck) != 0) {
        throw StoreError("the passphrase is wrong, or the backup is damaged at its beginning");
    }
    cipher_ = std::make_unique<ChunkCipher>(keys, std::move(head), false);
}

SealedReader::~SealedReader() {
    OPENSSL_cleanse(chunk_.data(), chunk_.size());
    OPENSSL_cleanse(buffer_.data(), buffer_.size());
}

void SealedReader::read_raw(char* to, std::size_t size) {
    if (source_(to, size) != size) {
        throw StoreError("the backup is cut off");
    }
}

void SealedReader::read_chunk() {
    if (was_last_) {
        throw StoreError("the backup ends too early");
    }
    std::array<char, kLength> field{};
    read_raw(field.data(), field.size());
    std::uint32_t length = 0;
    for (const char octet : field) {
        length = length << 8U | static_cast<unsigned char>(octet);
    }
    was_last_ = (length & kLastChunk) != 0;
    length &= ~kLastChunk;
    if (length > kChunk) {
        throw StoreError(fmt::format("the backup is damaged in chunk {}", cipher_->chunks()));
    }
    chunk_.resize(length);
    read_raw(chunk_.data(), length);
    std::array<char, kTag> tag{};
    read_raw(tag.data(), tag.size());
    const std::uint64_t number = cipher_->chunks();
    if (!cipher_->open({field.data(), field.size()}, chunk_, tag)) {
        throw StoreError(fmt::format("the backup is damaged in chunk {}", number));
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
        throw StoreError("there is something behind the end of the backup");
    }
}

}  // namespace isthmus::store
