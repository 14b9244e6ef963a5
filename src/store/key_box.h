// Secrets that the database holds (one-time code secrets, passphrases, private keys), encrypted
// under keys that it does not hold: whoever gets a copy of the database gets no secret.
//
// A sealed secret is text: "sealed:1:KEY:DATA", KEY the id of the key and DATA in base64 the nonce
// (96 random bits), the cipher text and the tag of AES-256-GCM. `context` names the place, such as
// "admin/alice/totp": a sealed secret that somebody copied to another place does not open there.
//
// The file holds one key a line, "ID KEY", the newest last; the newest seals, all open. Control
// thread; throws StoreError.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

class KeyBox {
  public:
    /// Reads `file`, or makes it with one random key and mode 0600. StoreError if others may read
    /// it, or it is no such file.
    explicit KeyBox(std::string file);
    /// One random key that is nowhere else: for tests and what ends with the process.
    KeyBox();
    KeyBox(const KeyBox&) = delete;
    KeyBox& operator=(const KeyBox&) = delete;
    KeyBox(KeyBox&&) = delete;
    KeyBox& operator=(KeyBox&&) = delete;
    ~KeyBox();

    std::string seal(std::string_view plain, std::string_view context) const;
    /// KeyMissing if no key here is the one, StoreError if it was changed or belongs elsewhere.
    std::string open(std::string_view sealed, std::string_view context) const;

    static bool is_sealed(std::string_view text);
    /// Sealed by the newest key.
    bool is_current(std::string_view sealed) const;

    /// A new key that seals from now on; the older ones stay, for what they sealed. On the disk
    /// when it returns.
    void add_key();

    /// All keys as the file holds them: for a backup, which encrypts it.
    std::string text() const;
    /// Those of `text` that are not here, for opening only. On the disk when it returns; StoreError
    /// if it is no such text. Returns how many.
    std::size_t learn(std::string_view text);

    const std::string& file() const { return file_; }

  private:
    struct Key {
        std::string id;      ///< 16 hex digits
        std::string octets;  ///< 32
    };

    static std::vector<Key> parse(std::string_view text, std::string_view name);
    static Key make_key();
    const Key* find(std::string_view id) const;
    void read_or_make();
    void write() const;

    std::string file_;
    std::vector<Key> keys_;
};

}  // namespace isthmus::store
