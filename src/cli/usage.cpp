#include "cli/usage.h"

#include "base/spelling.h"
#include "base/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace isthmus::cli {

namespace {

std::string shown_word(std::string_view text) {
    return text::escape_for_log(text, 80);
}

std::string hint(std::string_view word, const std::vector<std::string>& known) {
    const std::string near = text::nearest(word, known);
    return near.empty() ? "" : fmt::format("the nearest is '{}'", near);
}

/// What other programs call it.
std::string meant(std::string_view word, const std::vector<std::string>& known) {
    constexpr std::pair<std::string_view, std::string_view> kOthers[] = {{"add", "create"},
                                                                         {"change", "set"},
                                                                         {"describe", "get"},
                                                                         {"edit", "set"},
                                                                         {"ls", "list"},
                                                                         {"modify", "set"},
                                                                         {"new", "create"},
                                                                         {"remove", "delete"},
                                                                         {"rm", "delete"},
                                                                         {"show", "get"},
                                                                         {"update", "set"}};
    for (const auto& [other, ours] : kOthers) {
        if (word == other && std::ranges::find(known, ours) != known.end()) {
            return fmt::format("here it is called '{}'", ours);
        }
    }
    const std::string near = hint(word, known);
    return near.empty() ? fmt::format("there are {}", fmt::join(known, ", ")) : near;
}

/// Follows the words as the parser does, up to the first that it cannot know.
class Reading {
  public:
    explicit Reading(const CLI::App& root) : at_(&root) {}

    std::optional<Complaint> read(const std::vector<std::string>& words) {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i] == "--") {
                return std::nullopt;
            }
            const bool is_flag = words[i].size() > 1 && words[i].front() == '-';
            if (auto wrong = is_flag ? read_flag(words, i) : read_word(words[i])) {
                return wrong;
            }
        }
        return std::nullopt;
    }

    const CLI::App& at() const { return *at_; }

  private:
    std::optional<Complaint> read_flag(const std::vector<std::string>& words, std::size_t& i) {
        const std::string name = words[i].substr(0, words[i].find('='));
        const CLI::Option* option = find_option(*at_, name);
        if (option == nullptr && !name.starts_with("--")) {
            option = find_option(*at_, name.substr(0, 2));
        }
        if (option == nullptr) {
            std::vector<std::string> known;
            for (const CLI::Option* each : options_of(*at_)) {
                for (const std::string& other : each->get_lnames()) {
                    known.push_back("--" + other);
                }
            }
            const std::string near = hint(name, known);
            return Complaint{fmt::format("{}: unknown flag '{}'", path_of(*at_), shown_word(name)),
                             near.empty() ? "it has no flag of that name" : near,
                             fmt::format("{} --help lists its flags", path_of(*at_))};
        }
        if (option->get_items_expected_max() > 0 && name.size() == words[i].size() &&
            (name.starts_with("--") || name.size() == 2)) {
            ++i;  // its value
        }
        return std::nullopt;
    }

    std::optional<Complaint> read_word(const std::string& word) {
        const auto commands = commands_of(*at_);
        if (commands.empty()) {
            return read_name(word);
        }
        if (std::ranges::find(commands, word) != commands.end()) {
            at_ = at_->get_subcommand(word);
            return std::nullopt;
        }
        return Complaint{fmt::format("{}: unknown command '{}'", path_of(*at_), shown_word(word)),
                         meant(word, commands),
                         fmt::format("{} --help lists the commands", path_of(*at_))};
    }

    std::optional<Complaint> read_name(const std::string& word) {
        const auto options = at_->get_options();
        const auto room = std::ranges::count_if(
            options, [](const CLI::Option* option) { return option->get_positional(); });
        if (++names_ <= room) {
            return std::nullopt;
        }
        return Complaint{
            fmt::format("{}: one word too many, '{}'", path_of(*at_), shown_word(word)),
            room == 0 ? "it takes none" : fmt::format("it takes {}", room),
            fmt::format("{} --help shows which", path_of(*at_))};
    }

    const CLI::App* at_;
    std::ptrdiff_t names_ = 0;
};

}  // namespace

std::string path_of(const CLI::App& app) {
    const CLI::App* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

std::string words_of(const CLI::App& app) {
    const std::string path = path_of(app);
    const std::size_t space = path.find(' ');
    return space == std::string::npos ? std::string() : path.substr(space + 1);
}

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(each->get_name());
    }
    return names;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
    auto made = app.get_options();
    if (app.get_parent() != nullptr) {
        const auto above = options_of(*app.get_parent());
        made.insert(made.end(), above.begin(), above.end());
    }
    return made;
}

const CLI::Option* find_option(const CLI::App& app, const std::string& name) {
    const CLI::Option* found = app.get_option_no_throw(name);
    return found != nullptr || app.get_parent() == nullptr ? found
                                                           : find_option(*app.get_parent(), name);
}

std::string to_text(const Complaint& complaint) {
    std::string made = complaint.what + "\n";
    if (!complaint.why.empty()) {
        made += "  why: " + complaint.why + "\n";
    }
    if (!complaint.fix.empty()) {
        made += "  fix: " + complaint.fix + "\n";
    }
    return made;
}

Complaint explain_usage(const CLI::App& root,
                        const std::vector<std::string>& words,
                        const CLI::ParseError& error) {
    Reading reading(root);
    if (auto wrong = reading.read(words)) {
        return *wrong;
    }
    const CLI::App& at = reading.at();
    const auto commands = commands_of(at);
    if (!commands.empty()) {
        return {fmt::format("{}: a command is missing", path_of(at)),
                fmt::format("there are {}", fmt::join(commands, ", ")),
                fmt::format("{} --help says what they do", path_of(at))};
    }
    const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    return {fmt::format("{}: {}", path_of(at), shown_word(error.what())),
            is_missing ? "the command cannot do without it" : "that is not what it takes there",
            fmt::format("{} --help shows what it takes", path_of(at))};
}

}  // namespace isthmus::cli
