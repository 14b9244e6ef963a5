// Commands whose answer comes while it is made.
#include "cli/api_client.h"
#include "cli/program.h"
#include "cli/sse.h"

#include <functional>
#include <string>
#include <string_view>

namespace isthmus::cli {

Answer Program::follow(std::string_view method,
                       const std::string& target,
                       const std::string& body,
                       const std::function<void(std::string_view)>& on_line) const {
    return client().follow(method, target, body, on_line);
}

int Program::follow(const std::string& path,
                    const std::function<bool(const SseEvent&)>& use) const {
    SseReader reader;
    const Answer answer = client().follow_events(path, [&](std::string_view octets) {
        reader.feed(octets);
        while (const auto event = reader.next()) {
            if (!use(*event)) {
                return false;
            }
        }
        return true;
    });
    return answer.status >= 300 ? failed(answer) : 0;
}

}  // namespace isthmus::cli
