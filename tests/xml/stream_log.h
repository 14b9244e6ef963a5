// A StreamSink that keeps what it was told as text, and ways to feed a parser in pieces.
#pragma once

#include "xml/parser.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tree_text.h"

namespace isthmus::xml {

class StreamLog : public StreamSink {
  public:
    explicit StreamLog(Limits limits = {}) : parser(*this, limits) {}

    void on_stream_open(const Element& root, std::string_view default_ns) override {
        events.push_back("open " + tree_text(root) + " default=" + std::string(default_ns));
    }

    void on_element(const Element& element) override {
        events.push_back(tree_text(element));
        if (during_element) {
            during_element(element);
        }
    }

    void on_element_ahead(const Element& element) override {
        ahead.push_back({events.size(), tree_text(element)});
    }

    void on_stream_close() override { events.push_back("close"); }

    /// As a connection does: what was not consumed is kept in front of what comes next.
    void arrive(std::string_view octets) {
        pending.append(octets);
        // A fresh allocation each time, so that a stale view is found by ASan.
        const std::string received = pending;
        pending.erase(0, parser.feed(received));
    }

    void arrive_in_pieces(std::string_view octets, std::size_t size) {
        for (std::size_t at = 0; at < octets.size(); at += size) {
            arrive(octets.substr(at, size));
        }
    }

    struct Ahead {
        std::size_t events;  ///< that had been told before
        std::string element;

        bool operator==(const Ahead&) const = default;
    };

    std::vector<std::string> events;
    std::vector<Ahead> ahead;
    std::function<void(const Element&)> during_element;
    std::string pending;
    StreamParser parser;
};

inline constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
    "xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
    "from='a.example' to='b.example' version='1.0'>";

}  // namespace isthmus::xml
