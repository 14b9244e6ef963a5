#include "xmpp/test_step.h"

#include "base/codes.h"

#include <fmt/format.h>

namespace isthmus::xmpp {

TestStep failed_step(std::string_view id, const Error& why, Duration took) {
    const codes::Code* code = codes::find(why.code);
    return {.id = id,
            .state = TestState::Fail,
            .took = took,
            .sentence = code != nullptr ? std::string(code->sentence) : why.public_text,
            .evidence = why.detail.empty() ? why.public_text : why.detail,
            .code = why.code};
}

std::string milliseconds(Duration duration) {
    const double count = std::chrono::duration<double, std::milli>(duration).count();
    return fmt::format("{:.{}f} ms", count, count < 10 ? 1 : 0);
}

void add_line(std::string& lines, std::string_view line) {
    if (!lines.empty() && !line.empty()) {
        lines += '\n';
    }
    lines += line;
}

}  // namespace isthmus::xmpp
