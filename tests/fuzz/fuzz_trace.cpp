// Fuzzes what shows traffic to people: texts are hidden in whatever came, and nothing that came can
// break a terminal, a drawing, JSON or an event stream.
#include "admin/event_feed.h"
#include "base/text.h"
#include "cli/sse.h"
#include "control/ladder.h"
#include "gateway/redaction.h"
#include "gateway/trace_losses.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <expat.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_hidden(std::string_view input) {
    if (const auto hidden = gateway::hide_texts(input)) {
        require(gateway::hide_texts(*hidden).has_value());
    }
    (void)gateway::shown_stanza(input, false);
    require(gateway::shown_stanza(input, true) == input);
    const std::string shown = gateway::shown_sip(input, false);
    require(shown.size() <= input.size() + 40 * 256 + input.size() * 20);
    (void)gateway::shown_sip(input, true);
    (void)gateway::losses_of(gateway::view_of_stanza(input));
}

/// The body of a message is in nothing that is shown of it.
void check_body_hidden(std::string_view body) {
    const std::string mark = "\x01mark\x02";
    const std::string text =
        "MESSAGE sip:a@b SIP/2.0\r\nContent-Type: text/plain\r\n\r\n" + mark + std::string(body);
    require(gateway::shown_sip(text, false).find(mark) == std::string::npos);
}

void check_line(std::string_view line) {
    require(text::is_utf8(line));
    for (const char c : line) {
        require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    }
}

void check_drawn(std::string_view input) {
    check_line(control::displayed(input));
    control::TraceEvent event;
    event.number = 1;
    event.kind = input.size() % 4 == 0   ? "sip"
                 : input.size() % 4 == 1 ? "xmpp"
                 : input.size() % 4 == 2 ? "translated"
                                         : "failed";
    event.is_out = input.size() % 3 == 0;
    event.what = event.code = event.evidence = event.user = input;
    event.rules = event.lost = {std::string(input)};
    const control::TraceInfo trace{.id = "t1", .user = std::string(input)};
    const control::Ladder ladder = control::ladder_of(trace, {event});
    const std::string drawn = control::to_text(ladder);
    require(text::is_utf8(drawn) && drawn.find('\x1b') == std::string::npos);
    const std::string svg = control::to_svg(ladder);
    XML_Parser parser = XML_ParserCreate("UTF-8");
    require(XML_Parse(parser, svg.data(), static_cast<int>(svg.size()), 1) == XML_STATUS_OK);
    XML_ParserFree(parser);
    const std::string json = boost::json::serialize(control::to_json(ladder));
    boost::system::error_code fault;
    boost::json::parse(json, fault);
    require(!fault);
}

/// One event goes out, and the same one comes in, whatever its data.
void check_events(std::string_view input) {
    cli::SseReader reader;
    const std::string sent = admin::sse_text("name", input, "7");
    reader.feed(sent);
    const auto event = reader.next();
    require(event && event->name == "name" && event->id == "7" &&
            event->data.size() == input.size());
    require(!reader.next());
    cli::SseReader other;
    for (std::size_t at = 0; at < input.size(); at += 3) {
        other.feed(input.substr(at, 3));
        while (other.next()) {
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_hidden(input);
    check_body_hidden(input);
    check_drawn(input);
    check_events(input);
    return 0;
}
