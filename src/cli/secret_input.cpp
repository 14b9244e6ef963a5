#include "cli/secret_input.h"

#include "cli/api_client.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace isthmus::cli {

namespace {

/// Off while it lives.
class Echo {
  public:
    Echo() {
        is_terminal_ = tcgetattr(STDIN_FILENO, &before_) == 0;
        if (is_terminal_) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        }
    }

    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;
    Echo(Echo&&) = delete;
    Echo& operator=(Echo&&) = delete;

    ~Echo() {
        if (is_terminal_) {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        }
    }

  private:
    termios before_{};
    bool is_terminal_ = false;
};

std::string read_line() {
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) {
        throw NotUsable({"nothing was given on stdin",
                         "a secret is read from there, because arguments can be read by others",
                         "write it there"});
    }
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    return line;
}

bool is_asking = true;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): one terminal

std::string ask(const char* prompt) {
    if (!is_asking) {
        throw NotUsable({fmt::format("the {} is needed, and nobody may be asked", prompt),
                         "--no-input was given, and stdin is a terminal",
                         "let stdin be a file or a pipe that holds it"});
    }
    fmt::print(stderr, "{}: ", prompt);
    const Echo silent;
    std::string line = read_line();
    fmt::print(stderr, "\n");
    return line;
}

}  // namespace

void never_ask() {
    is_asking = false;
}

std::string read_secret(const char* prompt) {
    if (isatty(STDIN_FILENO) == 0) {
        return read_line();
    }
    std::string once = ask(prompt);
    if (ask("once more") != once) {
        throw NotUsable(
            {"nothing was sent", "the two that were typed differ", "type the same twice"});
    }
    return once;
}

std::string read_secret_once(const char* prompt) {
    return isatty(STDIN_FILENO) == 0 ? read_line() : ask(prompt);
}

}  // namespace isthmus::cli
