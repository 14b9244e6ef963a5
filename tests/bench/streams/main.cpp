// Streams between servers, many at a time: handshakes, idle streams, partners that are called,
// callers that never get through, one partner that floods. Driven by
// tests/bench/stream_sections.py; each command prints one JSON object a line.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "streams/commands.h"

int main(int argc, char** argv) {
    using namespace bench;
    std::signal(SIGPIPE, SIG_IGN);
    const Arguments arguments(argc, argv);
    try {
        const std::string_view command = arguments.text(1);
        if (command == "floor") {
            return run_floor(arguments);
        }
        if (command == "handshakes") {
            return run_handshakes(arguments);
        }
        if (command == "hold") {
            return run_hold(arguments);
        }
        if (command == "serve") {
            return run_serve(arguments);
        }
        if (command == "links") {
            return run_links(arguments);
        }
        if (command == "attack") {
            return run_attack(arguments);
        }
        if (command == "traffic") {
            return run_traffic(arguments);
        }
        std::fprintf(stderr, "no such command\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
    return 1;
}
