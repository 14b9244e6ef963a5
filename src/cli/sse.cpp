#include "cli/sse.h"

#include <utility>

namespace isthmus::cli {

std::optional<SseEvent> SseReader::next() {
    while (true) {
        const std::size_t end = buffer_.find('\n', looked_at_);
        if (end == std::string::npos) {
            looked_at_ = buffer_.size();
            if (buffer_.size() > kMost) {
                buffer_.clear();
                looked_at_ = 0;
                is_too_long_ = true;
            }
            return std::nullopt;
        }
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        looked_at_ = 0;
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        if (line.empty()) {
            SseEvent made = std::exchange(event_, {});
            const bool is_good = std::exchange(has_data_, false) && !is_too_long_;
            is_too_long_ = false;
            if (is_good) {
                return made;
            }
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::string field = line.substr(0, colon);
        std::string value = colon == std::string::npos ? std::string() : line.substr(colon + 1);
        if (value.starts_with(' ')) {
            value.erase(0, 1);
        }
        if (field == "event") {
            event_.name = std::move(value);
        } else if (field == "id") {
            event_.id = std::move(value);
        } else if (field == "data") {
            is_too_long_ = is_too_long_ || event_.data.size() + value.size() > kMost;
            event_.data += (has_data_ ? "\n" : "") + (is_too_long_ ? std::string() : value);
            has_data_ = true;
        }
    }
}

}  // namespace isthmus::cli
