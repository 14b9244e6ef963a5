#include "xmpp/http_answer.h"

#include "base/text.h"

#include <algorithm>

namespace isthmus::xmpp {

namespace {

constexpr int kOk = 200;
constexpr std::size_t kMaxChunkDigits = 8;
constexpr std::string_view kTooLarge = "it is larger than 16 KiB";

}  // namespace

bool HttpAnswer::feed(std::string_view octets) {
    while (!octets.empty() && state_ != State::Done && state_ != State::Bad) {
        if (state_ == State::Length || state_ == State::ToTheEnd || state_ == State::Chunk) {
            take_body(octets);
            continue;
        }
        const std::size_t end = octets.find('\n');
        const std::string_view part = octets.substr(0, end);
        head_octets_ += part.size() + 1;
        if (head_octets_ > kMaxHead) {
            fail("its head is larger than 8 KiB");
            break;
        }
        line_ += part;
        if (end == std::string_view::npos) {
            break;
        }
        octets.remove_prefix(end + 1);
        // RFC 9112 §2.2: a lone LF ends a line as well.
        std::string line;
        line.swap(line_);
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        take_line(line);
    }
    return state_ == State::Done || state_ == State::Bad;
}

void HttpAnswer::end() {
    if (state_ == State::ToTheEnd) {
        state_ = State::Done;
    } else if (state_ != State::Done && state_ != State::Bad) {
        fail(status_ == 0 ? "the connection ended without an answer"
                          : "the connection ended in the middle of the answer");
    }
}

void HttpAnswer::take_line(std::string_view line) {
    switch (state_) {
        case State::Status:
            return take_status(line);
        case State::Fields:
            return line.empty() ? end_fields() : take_field(line);
        case State::ChunkSize:
            return take_chunk_size(line);
        case State::ChunkEnd:
            if (!line.empty()) {
                return fail("its chunks are not what they say");
            }
            state_ = State::ChunkSize;
            return;
        default:  // Trailer: nothing in it is looked at
            if (line.empty()) {
                state_ = State::Done;
            }
    }
}

/// RFC 9112 §4: "HTTP/1.1 200 OK", whatever the reason is.
void HttpAnswer::take_status(std::string_view line) {
    const std::string_view digits = line.size() >= 12 ? line.substr(9, 3) : std::string_view();
    const auto status = text::to_number(digits);
    const bool is_one = line.starts_with("HTTP/1.") && line.size() >= 12 &&
                        text::is_digit(line[7]) && line[8] == ' ' &&
                        (line.size() == 12 || line[12] == ' ');
    if (!is_one || !status || *status < 100) {
        return fail("it is no answer of HTTP/1.1");
    }
    status_ = static_cast<int>(*status);
    state_ = State::Fields;
}

void HttpAnswer::take_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || name.empty() ||
        name.find_first_of(" \t") != std::string_view::npos) {
        return fail("one of its header fields is malformed");  // RFC 9112 §5.1, §5.2
    }
    const std::string_view value = text::trim(line.substr(colon + 1));
    if (text::iequals(name, "Content-Type")) {
        content_type_ = text::to_lower(text::trim(value.substr(0, value.find(';'))));
    } else if (text::iequals(name, "Location")) {
        location_ = value;
    } else if (text::iequals(name, "Content-Encoding")) {
        if (!text::iequals(value, "identity")) {
            fail("it is compressed, which nobody has asked for");
        }
    } else if (text::iequals(name, "Transfer-Encoding")) {
        if (is_chunked_ || !text::iequals(value, "chunked")) {
            return fail("its transfer encoding is unknown");
        }
        is_chunked_ = true;
    } else if (text::iequals(name, "Content-Length")) {
        const auto length = text::to_number(value);
        if (!length || (has_length_ && *length != left_)) {
            return fail("its length is malformed");
        }
        has_length_ = true;
        left_ = static_cast<std::size_t>(*length);
    }
}

/// RFC 9112 §6.3.
void HttpAnswer::end_fields() {
    if (is_chunked_ && has_length_) {
        return fail("it says its length twice");  // request smuggling
    }
    if (status_ < kOk) {
        // RFC 9110 §15.2: an interim answer; what counts follows.
        status_ = 0;
        content_type_.clear();
        location_.clear();
        is_chunked_ = has_length_ = false;
        left_ = 0;
        state_ = State::Status;
        return;
    }
    if (status_ != kOk) {
        state_ = State::Done;
        return;
    }
    if (has_length_ && left_ > kMaxBody) {
        return fail(kTooLarge);
    }
    state_ = is_chunked_    ? State::ChunkSize
             : !has_length_ ? State::ToTheEnd
             : left_ == 0   ? State::Done
                            : State::Length;
}

/// RFC 9112 §7.1; extensions are not looked at.
void HttpAnswer::take_chunk_size(std::string_view line) {
    const std::string_view digits = text::trim(line.substr(0, line.find(';')));
    if (digits.empty() || digits.size() > kMaxChunkDigits ||
        !std::ranges::all_of(digits, [](char c) { return text::hex_value(c) >= 0; })) {
        return fail("its chunks are malformed");
    }
    left_ = 0;
    for (const char digit : digits) {
        left_ = left_ * 16 + static_cast<std::size_t>(text::hex_value(digit));
    }
    if (left_ > kMaxBody - body_.size()) {
        return fail(kTooLarge);
    }
    state_ = left_ == 0 ? State::Trailer : State::Chunk;
}

void HttpAnswer::take_body(std::string_view& octets) {
    const std::size_t room = kMaxBody - body_.size();
    if (state_ == State::ToTheEnd) {
        if (octets.size() > room) {
            return fail(kTooLarge);
        }
        body_ += octets;
        octets = {};
        return;
    }
    const std::string_view part = octets.substr(0, left_);
    body_ += part;
    octets.remove_prefix(part.size());
    left_ -= part.size();
    if (left_ == 0) {
        state_ = state_ == State::Chunk ? State::ChunkEnd : State::Done;
    }
}

void HttpAnswer::fail(std::string_view why) {
    state_ = State::Bad;
    fault_ = why;
}

}  // namespace isthmus::xmpp
