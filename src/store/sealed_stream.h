// A stream of octets under a passphrase: encrypted and authenticated chunk by chunk, so that memory
// is bounded and a wrong passphrase, a changed octet, chunks that changed places, a missing end and
// anything behind the end are noticed.
//
//   magic, format version   16 octets
//   salt                    16, random
//   check                   16, tells a wrong passphrase from a damaged file
//   chunks                  4 octets: length of the plain text, highest bit set in the last one;
//                           cipher text; 16 octets tag
//
// Keys: scrypt (RFC 7914) with N = 2^17, r = 8, p = 1 over passphrase and salt. Chunks:
// AES-256-GCM, nonce = number of the chunk, additional data = everything before the chunks and its
// length field. A key is used for one stream only, for the salt is new each time.
#pragma once

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

class ChunkCipher;

class SealedWriter {
  public:
    /// Writes the head. StoreError if the passphrase is empty.
    SealedWriter(Sink sink, std::string_view passphrase);
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
    /// Reads the head. StoreError if it is no such stream or the passphrase is wrong.
    SealedReader(Source source, std::string_view passphrase);
    SealedReader(const SealedReader&) = delete;
    SealedReader& operator=(const SealedReader&) = delete;
    SealedReader(SealedReader&&) = delete;
    SealedReader& operator=(SealedReader&&) = delete;
    ~SealedReader();

    /// Exactly `size` octets, valid until the next call. StoreError when the stream is damaged or
    /// ends before.
    std::string_view read(std::size_t size);
    /// StoreError unless everything was read and nothing follows.
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
