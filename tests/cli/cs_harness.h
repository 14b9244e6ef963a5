// A session of cmdlets against the API in memory, with what it printed.
#pragma once

#include "cli/cs_fake_api.h"
#include "cli/cs_shell.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::cli::cs {

struct Harness {
    FakeApi api;
    std::string out;
    std::string talk;
    std::optional<std::string> answer;  ///< of whoever is asked; nothing: nobody is there
    std::size_t asked = 0;

    /// Each call is a session of its own: variables do not outlive it.
    int run(std::string_view text) {
        Session session = begin();
        return session.run_text(text);
    }

    int run(const std::vector<std::string>& words) {
        Session session = begin();
        return session.run_words(words);
    }

    Host host() {
        Host made;
        made.api = [this](const ApiCall& call) { return api.call(call); };
        made.out = [this](std::string_view text) { out += text; };
        made.talk = [this](std::string_view text) { talk += text; };
        made.ask = [this](const std::string&) {
            ++asked;
            return answer;
        };
        made.read_secret = [] { return std::string("from stdin"); };
        return made;
    }

    Session begin() {
        out.clear();
        talk.clear();
        api.changes.clear();
        Host made = host();
        if (configure) {
            configure(made);
        }
        return Session(std::move(made));
    }

    std::function<void(Host&)> configure;
};

}  // namespace isthmus::cli::cs
