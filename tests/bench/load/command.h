// A line of the driver: "verb key=value ...".
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace isthmus::bench {

class Command {
  public:
    explicit Command(std::string_view line) {
        while (!line.empty()) {
            const std::size_t space = std::min(line.find(' '), line.size());
            const std::string_view word = line.substr(0, space);
            line.remove_prefix(std::min(space + 1, line.size()));
            const std::size_t equals = word.find('=');
            if (equals == std::string_view::npos) {
                verb_ = word;
            } else {
                values_[std::string(word.substr(0, equals))] = word.substr(equals + 1);
            }
        }
    }

    [[nodiscard]] const std::string& verb() const { return verb_; }

    [[nodiscard]] std::string text(const std::string& key,
                                   const std::string& otherwise = "") const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : found->second;
    }

    [[nodiscard]] double number(const std::string& key, double otherwise) const {
        const auto found = values_.find(key);
        return found == values_.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
    }

    [[nodiscard]] std::uint64_t count(const std::string& key, std::uint64_t otherwise) const {
        return static_cast<std::uint64_t>(number(key, static_cast<double>(otherwise)));
    }

  private:
    std::string verb_;
    std::unordered_map<std::string, std::string> values_;
};

}  // namespace isthmus::bench
