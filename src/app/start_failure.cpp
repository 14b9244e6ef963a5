#include "app/start_failure.h"

#include "base/codes.h"
#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace isthmus::app {

void log_failure(const Error& why) {
    const codes::Code* code = codes::find(why.code);
    log::event(log::Level::Error,
               "daemon.failed",
               {{"code", why.code},
                {"msg", code != nullptr ? code->sentence : std::string_view(why.public_text)},
                {"evidence", why.detail},
                {"fix", code != nullptr ? code->fix : std::string_view()}});
}

void print_faults(const Error& error) {
    const auto count = std::ranges::count(error.detail, '\n') + 1;
    fmt::print(stderr,
               "{}\n{}: {} {} found.\n",
               error.detail,
               error.code,
               error.public_text,
               count == 1 ? "One fault" : fmt::format("{} faults", count));
}

}  // namespace isthmus::app
