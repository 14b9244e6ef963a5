// A stream of octets under a passphrase: encrypted and authenticated chunk by chunk, so that memory
// is bounded and a wrong passphrase, a changed octet, chunks that changed places, a missing end and
// anything behind the end are noticed.
//
//   magic, format version   16 octets
//   memory in KiB, passes   4 and 4, big-endian: the cost of the key
//   salt                    16, random
//   check                   16, tells a wrong passphrase from a damaged file
//   chunks                  4 octets: length of the plain text, highest bit set in the last one;
//                           cipher text; 16 octets tag
//
// Keys: Argon2id (RFC 9106), one lane, over passphrase and salt. Chunks: AES-256-GCM, nonce =
// number of the chunk, additional data = everything before the chunks and its length field. A key
// is used for one stream only, for the salt is new each time.
#pragma once

#include "store/store_error.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::store {

/// Takes all of it or throws.
using Sink = std::function<void(std::string_view octets)>;
/// Fills `to` as far as there is something; less than `size` only at the end.
using Source = std::function<std::size_t(char* to, std::size_t size)>;

/// What each guess of a passphrase costs; a reader takes up to 1 GiB and 16 passes.
struct SealCost {
    std::uint32_t memory_kib = 65536;
    std::uint32_t passes = 3;
};

/// It is no such stream, or not as it was written.
class BackupDamaged : public StoreError {
  public:
    using StoreError::StoreError;
};

/// The passphrase does not open it; or it is damaged where that is told.
class WrongPassphrase : public StoreError {
  public:
    using StoreError::StoreError;
};

class ChunkCipher;

class SealedWriter {
  public:
    /// Writes the head. StoreError if the passphrase is empty.
    SealedWriter(Sink sink, std::string_view passphrase, SealCost cost = {});
    SealedWriter(const SealedWriter&) = delete;
    SealedWriter& operator=(const SealedWriter&) = delete;
    SealedWriter(SealedWriter&&) = delete;
    SealedWriter& operator=(SealedWriter&&) = delete;
    ~SealedWriter();

    void write(std::string_view octets);
    /// Without it the stream is no good.
    void finish();

  private:
    void write_chunk(bool is_last);

    Sink sink_;
    std::unique_ptr<ChunkCipher> cipher_;
    std::string plain_;
};

class SealedReader {
  public:
    /// Reads the head. BackupDamaged, WrongPassphrase, or NewerFormat if a newer program wrote it.
    SealedReader(Source source, std::string_view passphrase);
    SealedReader(const SealedReader&) = delete;
    SealedReader& operator=(const SealedReader&) = delete;
    SealedReader(SealedReader&&) = delete;
    SealedReader& operator=(SealedReader&&) = delete;
    ~SealedReader();

    /// Exactly `size` octets, valid until the next call. BackupDamaged when the stream is damaged
    /// or ends before.
    std::string_view read(std::size_t size);
    /// BackupDamaged unless everything was read and nothing follows.
    void expect_end();

  private:
    void read_chunk();
    void read_raw(char* to, std::size_t size);

    Source source_;
    std::unique_ptr<ChunkCipher> cipher_;
    std::string chunk_;
    std::string buffer_;
    std::size_t used_ = 0;  ///< of buffer_
    bool was_last_ = false;
};

}  // namespace isthmus::store
