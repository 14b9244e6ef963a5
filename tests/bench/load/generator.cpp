// Commands of the load generator; see generator.h.
#include "load/generator.h"

#include <unistd.h>

#include <cstdio>

namespace isthmus::bench {

void Generator::reply(const std::string& json) {
    std::printf("%s\n", json.c_str());
    std::fflush(stdout);
}

void Generator::serve() {
    ledgers_.begin(Kind::Message, RunPlan{});
    const int tls_port = tls_ != nullptr ? sip_.listen(true) : 0;
    const int tcp_port = sip_.listen(false);
    const int xmpp_port = xmpp_.listen();
    loop_.on_readable(STDIN_FILENO, [this] { read_commands(); });
    char text[256];
    std::snprintf(text,
                  sizeof text,
                  "{\"ok\":true,\"sip_tcp\":%d,\"sip_tls\":%d,\"xmpp\":%d,"
                  "\"request_size\":%zu,\"stanza_size\":%zu}",
                  tcp_port,
                  tls_port,
                  xmpp_port,
                  sip_.request_size(),
                  xmpp_.stanza_size());
    reply(text);
    while (!is_over_) {
        loop_.turn(1'000'000'000);
        for (std::size_t end = lines_.find('\n'); end != std::string::npos;
             end = lines_.find('\n')) {
            const Command command(std::string_view(lines_).substr(0, end));
            lines_.erase(0, end + 1);
            obey(command);
        }
    }
}

void Generator::read_commands() {
    char text[4096];
    const ssize_t size = read(STDIN_FILENO, text, sizeof text);
    if (size <= 0) {
        is_over_ = true;
        return;
    }
    lines_.append(text, static_cast<std::size_t>(size));
}

void Generator::await(const std::function<bool()>& condition, double seconds) {
    reply(turn_until(condition, seconds) ? "{\"ok\":true}" : "{\"ok\":false,\"timed_out\":true}");
}

void Generator::obey(const Command& command) {
    const double seconds = command.number("timeout", 10);
    const std::string host = command.text("host", "127.0.0.1");
    const int port = static_cast<int>(command.count("port", 0));
    const bool is_tls = command.count("tls", 0) != 0;
    if (command.verb() == "sip-connect") {
        sip_.connect(host, port, is_tls);
        await([this] { return sip_.is_connected(); }, seconds);
    } else if (command.verb() == "xmpp-tls") {
        xmpp_.use_tls(command.count("on", 1) != 0);
        reply("{\"ok\":true}");
    } else if (command.verb() == "xmpp-connect") {
        xmpp_.connect(host, port);
        await([this] { return xmpp_.is_ready(); }, seconds);
    } else if (command.verb() == "await-component") {
        await([this] { return xmpp_.is_ready(); }, seconds);
    } else if (command.verb() == "raw") {
        const RawSizes sizes{
            command.count("request", 0), command.count("answer", 0), command.count("stanza", 0)};
        sip_.use_raw(sizes);
        xmpp_.use_raw(sizes);
        reply("{\"ok\":true}");
    } else if (command.verb() == "people") {
        people_.contacts = static_cast<std::uint32_t>(command.count("contacts", 1));
        sip_.watches().grant(static_cast<std::uint32_t>(command.count("grant", 3600)));
        reply("{\"ok\":true}");
    } else if (command.verb() == "await-dialogs") {
        const std::uint64_t wanted = command.count("count", 0);
        await([this, wanted] { return sip_.watches().dialogs() >= wanted; }, seconds);
    } else if (command.verb() == "quit") {
        is_over_ = true;
    } else if (!obey_run(command)) {
        reply("{\"ok\":false,\"first_complaint\":\"unknown command\"}");
    }
}

bool Generator::obey_run(const Command& command) {
    if (command.verb() == "run") {
        run(command);
    } else if (command.verb() == "mix") {
        mix(command);
    } else if (command.verb() == "watch") {
        watch(command);
    } else if (command.verb() == "ask") {
        ask(command);
    } else if (command.verb() == "sessions") {
        open_sessions(command);
    } else if (command.verb() == "count-refreshes") {
        count_refreshes(command);
    } else {
        return false;
    }
    return true;
}

}  // namespace isthmus::bench
