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
        throw NotUsable({"nothing was given on stdin", "", "write the secret there"});
    }
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    return line;
}

std::string ask(const char* prompt) {
    fmt::print(stderr, "{}: ", prompt);
    const Echo silent;
    std::string line = read_line();
    fmt::print(stderr, "\n");
    return line;
}

}  // namespace

std::string read_secret(const char* prompt, Asking asking) {
    if (isatty(STDIN_FILENO) == 0) {
        return read_line();
    }
    std::string once = ask(prompt);
    if (asking == Asking::Twice && ask("once more") != once) {
        throw NotUsable({"the two differ; nothing was sent", "", "type the same twice"});
    }
    return once;
}

}  // namespace isthmus::cli
