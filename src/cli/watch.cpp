#include "cli/watch.h"

#include "base/text.h"
#include "cli/fields.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

double rate_of(const json::object& counters, std::string_view name) {
    const json::value* value = counters.if_contains(name);
    return value != nullptr && value->is_object() ? number_of(value->get_object(), "per_second")
                                                  : 0;
}

std::string counters_line(const json::object& data) {
    return fmt::format(
        "{}  to XMPP {:.1f}/s  to SIP {:.1f}/s  failed {:.1f}/s  pending {:.0f}  queued {:.0f}  "
        "streams {:.0f} of {:.0f} up  SIP peers {:.0f} of {:.0f} up",
        text_of(data, "at"),
        rate_of(data, "sip_to_xmpp"),
        rate_of(data, "xmpp_to_sip"),
        rate_of(data, "failed"),
        number_of(data, "messages_pending"),
        number_of(data, "messages_queued"),
        number_of(data, "streams_up"),
        number_of(data, "streams"),
        number_of(data, "sip_peers_up"),
        number_of(data, "sip_peers"));
}

/// Of the others those that somebody who watches wants to see.
std::string change_line(const std::string& name, const json::object& data) {
    if (name == "failure") {
        return fmt::format("failure  {} {}: {} {} {}",
                           text_of(data, "where"),
                           text_of(data, "name"),
                           text_of(data, "code"),
                           text_of(data, "sentence"),
                           text_of(data, "evidence"));
    }
    if (name == "stream") {
        return fmt::format(
            "stream   {} {} {} {}",
            text_of(data, "id"),
            text_of(data, "remote_domain"),
            text_of(data, "direction"),
            text_of(data, "state").empty() ? text_of(data, "change") : text_of(data, "state"));
    }
    if (name == "sip_peer") {
        return fmt::format("SIP peer {} {}", text_of(data, "name"), text_of(data, "state"));
    }
    if (name == "revision") {
        return fmt::format("revision {:.0f} in force", number_of(data, "running"));
    }
    return name == "reset" || name == "hello" ? "" : name + "  " + text_of(data, "why");
}

}  // namespace

int watch_status(const Program& program) {
    return program.follow("events", [&program](const SseEvent& event) {
        boost::system::error_code fault;
        const json::value data = json::parse(event.data, fault);
        if (fault || !data.is_object()) {
            return true;
        }
        if (program.format() == Format::Json) {
            fmt::print("{}\n",
                       json::serialize(json::object{{"event", event.name}, {"data", data}}));
        } else if (event.name == "counters") {
            fmt::print("{}\n", counters_line(data.get_object()));
        } else if (const auto line = change_line(event.name, data.get_object()); !line.empty()) {
            fmt::print("{}\n", line);
        }
        std::fflush(stdout);
        return event.name != "end" && event.name != "dropped";
    });
}

}  // namespace isthmus::cli
