// The SIP framer, parser, request checks and writer, as a datagram and as a stream; good seeds are
// tests/data/rfc4475 and tests/data/rfc5118/crlf. What is accepted, written out again and read
// again has the same fields; what is answered is an answer; nothing that leaves holds a control
// octet in its head.
#include "sip/framer.h"
#include "sip/parser.h"
#include "sip/request_checks.h"
#include "sip/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;
using namespace isthmus::sip;
using Kind = ParseResult::Kind;

constexpr std::array kMethods = {Method::Message, Method::Options};
constexpr Abilities kUs = {.methods = kMethods, .option_tags = {}, .accept = "text/plain"};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Start line, the header fields as they were read, the body.
std::string write(const Message& message, const std::string& start_line) {
    Buffer out;
    out.append(start_line);
    for (const HeaderField& field : message.headers) {
        if (field.id != HeaderId::ContentLength) {
            append_header(out, field.name, field.value);
        }
    }
    out.append("Content-Length: ").append_number(message.body.size()).append("\r\n\r\n");
    out.append(message.body);
    return std::string(out.view());
}

void require_same(const NameAddr& a, const NameAddr& b) {
    // Escaped controls have become blanks, in quoted strings only.
    require(a.display.size() == b.display.size());
    require(a.uri.text == b.uri.text && a.params.size() == b.params.size() && a.tag() == b.tag());
}

void require_same(const Message& a, const Message& b) {
    require(a.headers.size() + (a.content_length ? 0U : 1U) == b.headers.size());
    require(a.via.transport == b.via.transport && a.via.host == b.via.host &&
            a.via.port == b.via.port && a.via.branch == b.via.branch &&
            a.via.params.size() == b.via.params.size());
    require_same(a.from, b.from);
    require_same(a.to, b.to);
    require(a.call_id == b.call_id && a.cseq.number == b.cseq.number &&
            a.cseq.method == b.cseq.method && a.body == b.body);
    require(a.content_type.size() == b.content_type.size());
}

void check_round_trip(const Message& message,
                      const std::string& start_line,
                      Kind kind,
                      const MessageSlots& slots) {
    const std::string octets = write(message, start_line);
    Arena arena;
    MessageSlots second;
    const ParseLimits wide = {.octets = 200000, .header_lines = 129, .line_octets = 20000};
    const ParseResult result = parse_message(octets, Framing::Stream, arena, second, wide);
    require(result.kind == kind);
    if (kind == Kind::Request) {
        require_same(message, second.request);
        require(slots.request.uri.text == second.request.uri.text &&
                slots.request.method_text == second.request.method_text &&
                slots.request.max_forwards == second.request.max_forwards);
    } else {
        require_same(message, second.response);
        require(slots.response.status == second.response.status);
    }
}

// With Refuse the answer may lack what the request lacks; with a good request it must be good.
void check_answer(const Request& request, const OutgoingResponse& response, bool is_good) {
    Buffer head;
    append_response_head(head, request, *net::Endpoint::parse("192.0.2.1:5060"), "tag");
    Buffer out;
    append_response(out, head.view(), response, "Isthmus");
    std::string_view text = out.view();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool is_line_end = (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ||
                                 (c == '\n' && i != 0 && text[i - 1] == '\r');
        require((c >= 0x20 && c != 0x7F) || c == '\t' || is_line_end);
    }
    Arena arena;
    MessageSlots second;
    const ParseLimits wide = {.octets = 200000, .line_octets = 20000, .vias = 100};
    const ParseResult result = parse_message(text, Framing::Stream, arena, second, wide);
    if (is_good) {
        require(result.kind == Kind::Response);
        require(second.response.via.branch == request.via.branch);
    }
}

Kind parse_one(std::string_view octets, Framing framing) {
    Arena arena;
    MessageSlots slots;
    const ParseResult result = parse_message(octets, framing, arena, slots);
    if (result.kind == Kind::Refuse) {
        check_answer(slots.request, refusal_of(result, kUs, arena).response(), false);
    } else if (result.kind == Kind::Response) {
        const std::string line = "SIP/2.0 " + std::to_string(slots.response.status) + " " +
                                 std::string(slots.response.reason) + "\r\n";
        check_round_trip(slots.response, line, result.kind, slots);
    } else if (result.kind == Kind::Request) {
        const std::string line = std::string(slots.request.method_text) + " " +
                                 std::string(slots.request.uri.text) + " SIP/2.0\r\n";
        check_round_trip(slots.request, line, result.kind, slots);
        const auto refusal = check_request(slots.request, kUs, arena);
        check_answer(
            slots.request, refusal ? refusal->response() : OutgoingResponse{.status = 200}, true);
    }
    return result.kind;
}

/// The same octets in two different portions must give the same frames.
std::string frames_of(std::string_view octets, std::size_t step, bool parse) {
    std::string said;
    Framer framer;
    std::size_t done = 0;
    for (std::size_t end = 0; end != octets.size();) {
        end = octets.size() - end < step ? octets.size() : end + step;
        for (;;) {
            const Frame frame = framer.next(octets.substr(done, end - done));
            require(frame.consumed <= end - done);
            done += frame.consumed;
            if (frame.kind == Frame::Kind::NeedMore) {
                break;
            }
            said.append(std::to_string(static_cast<int>(frame.kind)));
            said.append(frame.kind == Frame::Kind::Message ? frame.octets : frame.reason);
            if (parse && !frame.octets.empty()) {
                const Kind kind = parse_one(frame.octets, Framing::Stream);
                // What the framer cannot follow the parser must not believe.
                const bool is_fault = frame.kind == Frame::Kind::Fault;
                require(!is_fault || (kind != Kind::Request && kind != Kind::Response));
            }
        }
    }
    return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    parse_one(octets, Framing::Datagram);
    const std::size_t step = size % 13 + 1;
    require(frames_of(octets, step, true) == frames_of(octets, size, false));
    return 0;
}
