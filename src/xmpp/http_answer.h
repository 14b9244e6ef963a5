// The answer to one GET over HTTP/1.1, as far as a document at a well-known place needs it:
// bounded, octets in, values out. RFC 9112. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

class HttpAnswer {
  public:
    static constexpr std::size_t kMaxHead = 8192;   ///< octets of status, fields, chunk sizes
    static constexpr std::size_t kMaxBody = 16384;  ///< a fault as soon as more is known to come

    /// More has arrived. True: nothing more is wanted, is_good() tells whether it is whole.
    bool feed(std::string_view octets);
    /// The connection has ended.
    void end();

    bool is_good() const { return state_ == State::Done; }

    /// What is wrong with it, or what is missing; one sentence without its end.
    const std::string& fault() const { return fault_; }

    int status() const { return status_; }

    /// Without its parameters, in lower case.
    const std::string& content_type() const { return content_type_; }

    const std::string& location() const { return location_; }

    /// Only of an answer 200.
    const std::string& body() const { return body_; }

  private:
    enum class State : std::uint8_t {
        Status,
        Fields,
        Length,
        ToTheEnd,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        Done,
        Bad,
    };

    void take_line(std::string_view line);
    void take_status(std::string_view line);
    void take_field(std::string_view line);
    void end_fields();
    void take_chunk_size(std::string_view line);
    void take_body(std::string_view& octets);
    void fail(std::string_view why);

    State state_ = State::Status;
    std::size_t head_octets_ = 0;
    std::string line_;
    int status_ = 0;
    std::string content_type_;
    std::string location_;
    std::string body_;
    std::string fault_;
    std::size_t left_ = 0;  ///< of the body, or of the chunk
    bool has_length_ = false;
    bool is_chunked_ = false;
};

}  // namespace isthmus::xmpp
