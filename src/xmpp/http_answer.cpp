#include "xmpp/http_answer.h"

#include "base/text.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace isthmus::xmpp {

namespace http = boost::beast::http;

struct HttpAnswer::Reader {
    http::response_parser<http::string_body> parser;
};

namespace {

constexpr int kOk = 200;
constexpr std::string_view kTooLarge = "it is larger than 16 KiB";
constexpr std::string_view kHeadTooLarge = "its head is larger than 8 KiB";

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

std::string described(const boost::beast::error_code& fault) {
    if (fault == http::error::body_limit) {
        return std::string(kTooLarge);
    }
    if (fault == http::error::header_limit) {
        return std::string(kHeadTooLarge);
    }
    return "it is no answer of HTTP/1.1: " + fault.message();
}

}  // namespace

HttpAnswer::HttpAnswer() = default;
HttpAnswer::HttpAnswer(HttpAnswer&&) noexcept = default;
HttpAnswer& HttpAnswer::operator=(HttpAnswer&&) noexcept = default;
HttpAnswer::~HttpAnswer() = default;

bool HttpAnswer::feed(std::string_view octets) {
    if (is_done_ || octets.empty()) {
        return is_done_;
    }
    unread_ += octets;
    std::string_view left = unread_;
    while (!is_done_ && !left.empty()) {
        if (reader_ == nullptr) {
            reader_ = std::make_unique<Reader>();
            reader_->parser.header_limit(kMaxHead);
            reader_->parser.body_limit(boost::none);  // another status than 200 has none to be read
        }
        auto& parser = reader_->parser;
        const bool had_head = parser.is_header_done();
        boost::beast::error_code fault;
        left.remove_prefix(parser.put({left.data(), left.size()}, fault));
        if (fault == http::error::need_more) {
            break;
        }
        if (fault) {
            fail(described(fault));
        } else if (!had_head && parser.is_header_done()) {
            take_head();
        } else if (parser.is_done()) {
            is_done_ = true;
        }
    }
    if (!is_done_ && left.size() > kMaxHead) {
        fail(std::string(kHeadTooLarge));
    }
    if (is_done_ && fault_.empty() && status_ == kOk) {
        body_ = std::move(reader_->parser.get().body());
    }
    unread_.erase(0, unread_.size() - left.size());
    return is_done_;
}

void HttpAnswer::take_head() {
    auto& parser = reader_->parser;
    const auto& head = parser.get();
    status_ = static_cast<int>(head.result_int());
    if (status_ < 100) {
        return fail("it is no answer of HTTP/1.1: its status is " + std::to_string(status_));
    }
    if (status_ < kOk) {
        // RFC 9110 §15.2: an interim answer; what counts follows.
        status_ = 0;
        reader_ = nullptr;
        return;
    }
    const std::string_view type = view(head[http::field::content_type]);
    content_type_ = text::to_lower(text::trim(type.substr(0, type.find(';'))));
    location_ = view(head[http::field::location]);
    const std::string_view transfer = view(head[http::field::transfer_encoding]);
    const std::string_view content = view(head[http::field::content_encoding]);
    if (status_ != kOk) {
        is_done_ = true;
    } else if (!transfer.empty() && !text::iequals(transfer, "chunked")) {
        fail("its transfer encoding is unknown");
    } else if (!content.empty() && !text::iequals(content, "identity")) {
        fail("it is compressed, which nobody has asked for");
    } else if (parser.content_length().value_or(0) > kMaxBody) {
        fail(std::string(kTooLarge));
    } else {
        parser.body_limit(kMaxBody);
        is_done_ = parser.is_done();
    }
}

void HttpAnswer::end() {
    if (is_done_) {
        return;
    }
    if (reader_ == nullptr) {
        return fail("the connection ended without an answer");
    }
    boost::beast::error_code fault;
    reader_->parser.put_eof(fault);
    if (fault || status_ == 0) {
        return fail("the connection ended in the middle of the answer");
    }
    body_ = std::move(reader_->parser.get().body());
    is_done_ = true;
}

void HttpAnswer::fail(std::string why) {
    is_done_ = true;
    fault_ = std::move(why);
}

}  // namespace isthmus::xmpp
