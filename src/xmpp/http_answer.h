// The answer to one GET over HTTP/1.1, as far as a document at a well-known place needs it:
// bounded, octets in, values out. Boost.Beast reads it (RFC 9112). Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::xmpp {

class HttpAnswer {
  public:
    static constexpr std::size_t kMaxHead = 8192;   ///< octets of status, fields, chunk sizes
    static constexpr std::size_t kMaxBody = 16384;  ///< a fault as soon as more is known to come

    HttpAnswer();
    HttpAnswer(const HttpAnswer&) = delete;
    HttpAnswer& operator=(const HttpAnswer&) = delete;
    HttpAnswer(HttpAnswer&&) noexcept;
    HttpAnswer& operator=(HttpAnswer&&) noexcept;
    ~HttpAnswer();

    /// More has arrived. True: nothing more is wanted, is_good() tells whether it is whole.
    bool feed(std::string_view octets);
    /// The connection has ended.
    void end();

    bool is_good() const { return is_done_ && fault_.empty(); }

    /// What is wrong with it, or what is missing; one sentence without its end.
    const std::string& fault() const { return fault_; }

    int status() const { return status_; }

    /// Without its parameters, in lower case.
    const std::string& content_type() const { return content_type_; }

    const std::string& location() const { return location_; }

    /// Only of an answer 200.
    const std::string& body() const { return body_; }

  private:
    struct Reader;

    void take_head();
    void fail(std::string why);

    std::unique_ptr<Reader> reader_;  ///< until it is done
    std::string unread_;              ///< begins what is not whole: a line, a chunk's size
    bool is_done_ = false;
    int status_ = 0;
    std::string content_type_;
    std::string location_;
    std::string body_;
    std::string fault_;
};

}  // namespace isthmus::xmpp
