#include "store/key_box.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/freed.h"
#include "base/text.h"
#include "store/store_error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::string_view kFileHead = "isthmus-keys 1\n";
constexpr std::string_view kSealedPrefix = "sealed:1:";
constexpr std::size_t kId = 16;
constexpr std::size_t kKey = 32;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kFileLimit = 1U << 20U;

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* octets_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string random_octets(std::size_t size) {
    std::string made(size, '\0');
    if (RAND_bytes(octets_of(made), static_cast<int>(size)) != 1) {
        throw StoreError("there is no randomness");
    }
    return made;
}

/// AES-256-GCM of `input` into `output`, which is as long. False if the tag is not the right one.
bool run_cipher(bool is_sealing,
                std::string_view key,
                std::string_view nonce,
                std::string_view data,
                std::string_view input,
                std::string& output,
                std::string& tag) {
    const std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
    int size = 0;
    output.resize(input.size());
    tag.resize(kTag);
    bool is_good =
        EVP_CipherInit_ex(context.get(),
                          EVP_aes_256_gcm(),
                          nullptr,
                          octets_of(key),
                          octets_of(nonce),
                          is_sealing ? 1 : 0) == 1 &&
        EVP_CipherUpdate(
            context.get(), nullptr, &size, octets_of(data), static_cast<int>(data.size())) == 1 &&
        EVP_CipherUpdate(context.get(),
                         octets_of(output),
                         &size,
                         octets_of(input),
                         static_cast<int>(input.size())) == 1;
    if (is_good && !is_sealing) {
        is_good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1;
    }
    std::array<unsigned char, kTag> rest{};
    is_good = is_good && EVP_CipherFinal_ex(context.get(), rest.data(), &size) == 1;
    if (is_good && is_sealing) {
        is_good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
    }
    return is_good;
}

std::string_view id_of(std::string_view sealed) {
    return sealed.substr(kSealedPrefix.size(), kId);
}

/// What the tag covers besides the secret: the form, the key and the place.
std::string data_of(std::string_view id, std::string_view context) {
    return fmt::format("{}{}:{}", kSealedPrefix, id, context);
}

}  // namespace

KeyBox::KeyBox(std::string file) : file_(std::move(file)) {
    try {
        read_or_make();
    } catch (const std::system_error& error) {
        throw StoreError(error.what());
    }
}

void KeyBox::read_or_make() {
    if (::access(file_.c_str(), F_OK) != 0) {
        keys_.push_back(make_key());
        UnfinishedFile unfinished(file_);
        {
            const File made(unfinished.path(), O_WRONLY | O_CREAT | O_EXCL);
            made.write(text());
            made.sync();
        }
        if (unfinished.keep_as_new()) {
            return;
        }
        // Another process was quicker; its key is the one.
    }
    const File opened(file_, O_RDONLY);
    if ((opened.mode() & 077U) != 0) {
        throw StoreError(fmt::format(
            "{}: others may read it (mode {:04o}): chmod 600 it", file_, opened.mode()));
    }
    std::string text = opened.read_all(kFileLimit);
    keys_ = parse(text, file_);
    OPENSSL_cleanse(text.data(), text.size());
}

KeyBox::KeyBox() {
    keys_.push_back(make_key());
}

KeyBox::~KeyBox() {
    for (Key& key : keys_) {
        OPENSSL_cleanse(key.octets.data(), key.octets.size());
    }
}

std::string KeyBox::seal(std::string_view plain, std::string_view context) const {
    const Key& key = keys_.back();
    const std::string nonce = random_octets(kNonce);
    std::string cipher;
    std::string tag;
    if (!run_cipher(true, key.octets, nonce, data_of(key.id, context), plain, cipher, tag)) {
        throw StoreError("AES-256-GCM failed");
    }
    return fmt::format(
        "{}{}:{}", kSealedPrefix, key.id, digest::base64_encode(nonce + cipher + tag));
}

std::string KeyBox::open(std::string_view sealed, std::string_view context) const {
    if (!is_sealed(sealed)) {
        throw StoreError(fmt::format("{}: it is no sealed secret", context));
    }
    const Key* key = find(id_of(sealed));
    if (key == nullptr) {
        throw KeyMissing(fmt::format("{}: it was sealed by the key {}, which {} does not hold",
                                     context,
                                     id_of(sealed),
                                     file_.empty() ? "this process" : file_));
    }
    const auto data = digest::base64_decode(sealed.substr(kSealedPrefix.size() + kId + 1));
    std::string plain;
    if (data && data->size() >= kNonce + kTag) {
        const std::string_view view(*data);
        std::string tag(view.substr(view.size() - kTag));
        if (run_cipher(false,
                       key->octets,
                       view.substr(0, kNonce),
                       data_of(key->id, context),
                       view.substr(kNonce, view.size() - kNonce - kTag),
                       plain,
                       tag)) {
            return plain;
        }
    }
    OPENSSL_cleanse(plain.data(), plain.size());
    throw StoreError(
        fmt::format("{}: the sealed secret was changed, or belongs elsewhere", context));
}

bool KeyBox::is_sealed(std::string_view text) {
    return text.size() > kSealedPrefix.size() + kId && text.starts_with(kSealedPrefix) &&
           text[kSealedPrefix.size() + kId] == ':';
}

bool KeyBox::is_current(std::string_view sealed) const {
    return is_sealed(sealed) && id_of(sealed) == keys_.back().id;
}

void KeyBox::add_key() {
    keys_.push_back(make_key());
    write();
}

std::string KeyBox::text() const {
    std::string made(kFileHead);
    for (const Key& key : keys_) {
        made += fmt::format("{} {}\n", key.id, digest::base64_encode(key.octets));
    }
    return made;
}

std::size_t KeyBox::learn(std::string_view text) {
    std::vector<Key> given = parse(text, "the keys of the backup");
    std::erase_if(given, [this](const Key& key) { return find(key.id) != nullptr; });
    if (!given.empty()) {
        // Ours stays the last: it goes on sealing.
        keys_.insert(keys_.begin(), given.begin(), given.end());
        write();
    }
    return given.size();
}

std::vector<KeyBox::Key> KeyBox::parse(std::string_view text, std::string_view name) {
    std::vector<Key> made;
    bool is_good = text.starts_with(kFileHead);
    text.remove_prefix(is_good ? kFileHead.size() : 0);
    while (is_good && !text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const auto octets = line.size() > kId && line[kId] == ' '
                                ? digest::base64_decode(line.substr(kId + 1))
                                : std::nullopt;
        is_good = octets && octets->size() == kKey &&
                  std::ranges::all_of(line.substr(0, kId),
                                      [](char c) { return text::hex_value(c) >= 0; });
        if (is_good) {
            made.push_back({std::string(line.substr(0, kId)), *octets});
        }
    }
    if (!is_good || made.empty()) {
        throw StoreError(
            fmt::format("{}: there are no keys of Isthmus in it, or it is damaged; "
                        "put it back from a copy",
                        name));
    }
    return made;
}

KeyBox::Key KeyBox::make_key() {
    return {digest::to_hex(random_octets(kId / 2)), random_octets(kKey)};
}

const KeyBox::Key* KeyBox::find(std::string_view id) const {
    const auto place = std::ranges::find(keys_, id, &Key::id);
    return place == keys_.end() ? nullptr : &*place;
}

void KeyBox::write() const {
    if (file_.empty()) {
        return;
    }
    try {
        UnfinishedFile unfinished(file_);
        {
            const File made(unfinished.path(), O_WRONLY | O_CREAT | O_EXCL);
            made.write(text());
            made.sync();
        }
        unfinished.keep_instead();
    } catch (const std::system_error& error) {
        throw StoreError(error.what());
    }
}

}  // namespace isthmus::store
