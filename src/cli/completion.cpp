#include "cli/completion.h"

#include "base/text.h"
#include "cli/cs_table.h"
#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

/// The words that a flag or word knows.
struct Known {
    std::string_view slot;
    std::string_view values;  ///< "A|B"
};

constexpr std::string_view kTruth = "true|false";
constexpr std::string_view kNegotiation = "Required|Optional|NotSupported";
constexpr std::string_view kRole = "admin|user-admin|viewer|helpdesk|tracer";
constexpr Known kKnown[] = {
    {"--output", "table|wide|json|yaml|name"},
    {"--partner-type", "Federated|PublicVerified|PublicUnverified"},
    {"--tls-negotiation", kNegotiation},
    {"--sasl-negotiation", kNegotiation},
    {"--verification-level", cs::kVerificationLevels},
    {"--discovered-partner-verification-level", cs::kVerificationLevels},
    {"--routing-method", "UseDnsSrvRouting|UseDefaultRouting"},
    {"--homed", "here|legacy"},
    {"--enabled", kTruth},
    {"--role", kRole},
    {"--state", "pending|queued|failed|delivered"},
    {"SHELL", "bash|zsh|fish"},
};

/// What the daemon knows the names of. The first row that fits counts.
struct Asked {
    std::string_view command;  ///< its words, or the first of them; empty: any
    std::string_view slot;
    std::string_view target;  ///< below /api/v1/; empty: a new name, which nobody knows
    std::string_view property;
};

constexpr Asked kAsked[] = {
    {"partner create", "NAME", "", ""},
    {"partner block", "NAME", "", ""},
    {"partner unblock", "NAME", "blocks", "domain"},
    {"partner", "NAME", "partners", "domain"},
    {"policy create", "NAME", "", ""},
    {"policy", "NAME", "policies", "identity"},
    {"user create", "USER", "", ""},
    {"user", "USER", "users", "uri"},
    {"site create", "SITE", "", ""},
    {"site", "SITE", "sites", "name"},
    {"sip-domain delete", "DOMAIN", "sip-domains", "domain"},
    {"subscription", "ID", "subscriptions", "id"},
    {"stream", "ID", "streams", "id"},
    {"dialog", "ID", "dialogs", "id"},
    {"trace", "ID", "traces", "id"},
    {"cert", "NAME", "certificates", "name"},
    {"admin create", "NAME", "", ""},
    {"admin token", "ID", "tokens", "id"},
    {"token", "ID", "tokens", "id"},
    {"admin session", "ID", "sessions", "id"},
    {"admin", "NAME", "admins", "name"},
    {"config", "REV", "revisions", "revision"},
    {"config", "REVISION", "revisions", "revision"},
    {"", "--user", "users", "uri"},
    {"", "--site", "sites", "name"},
    {"", "--pool", "pools", "fqdn"},
    {"", "--policy", "policies", "identity"},
    {"", "--partner", "partners", "domain"},
    {"", "--as", "admins", "name"},
};

bool is_file(std::string_view slot) {
    return slot == "FILE" || slot == "PLAN" || slot == "--config" || slot == "--cases" ||
           slot.ends_with("-file");
}

/// "partner create" behind the program's name.
/// Null if there is none of that name.
const CLI::App* command_below(const CLI::App& app, const std::string& name) {
    const auto names = commands_of(app);
    return std::ranges::find(names, name) == names.end() ? nullptr : app.get_subcommand(name);
}

bool is_below(std::string_view command, std::string_view above) {
    return above.empty() || (command.starts_with(above) &&
                             (command.size() == above.size() || command[above.size()] == ' '));
}

std::vector<Candidate> matching(std::string_view values, std::string_view typed) {
    std::vector<Candidate> made;
    for (std::string& value : cs::split_choices(values)) {
        if (text::istarts_with(value, typed)) {
            made.push_back({std::move(value), {}});
        }
    }
    return made;
}

std::vector<Candidate> ask(Server server, const Asked& row, const std::string& typed) {
    constexpr std::chrono::seconds kPatience{1};
    server.patience = kPatience;
    std::string target(row.target);
    if (target == "users") {
        target += "?limit=100" + (typed.empty() ? "" : "&q=" + encode_segment(typed));
    }
    std::vector<Candidate> made;
    const Answer answer = ApiClient(server).call("GET", target);
    const json::object* page = answer.body.if_object();
    const json::value* items = page != nullptr ? page->if_contains("items") : nullptr;
    if (answer.status != 200 || items == nullptr || !items->is_array()) {
        return made;
    }
    for (const json::value& item : items->get_array()) {
        const json::value* name =
            item.is_object() ? item.get_object().if_contains(row.property) : nullptr;
        if (name == nullptr) {
            continue;
        }
        std::string text =
            name->is_string() ? std::string(name->get_string()) : json::serialize(*name);
        if (text::istarts_with(text, typed)) {
            made.push_back({std::move(text), {}});
        }
    }
    return made;
}

/// What may stand for a flag's value or a word.
std::vector<Candidate> values_of(const Server& server,
                                 const CLI::App& command,
                                 const CLI::Option& option,
                                 const std::string& typed) {
    const std::string slot = option.get_positional() && option.get_lnames().empty()
                                 ? option.get_name(true)
                                 : "--" + option.get_lnames().front();
    if (is_file(slot)) {
        return {{std::string(kFiles), {}}};
    }
    if (option.get_type_name() == kTruth) {
        return matching(kTruth, typed);
    }
    for (const Known& one : kKnown) {
        if (one.slot == slot) {
            return matching(one.values, typed);
        }
    }
    const std::string words = words_of(command);
    for (const Asked& row : kAsked) {
        if (row.slot != slot || !is_below(words, row.command)) {
            continue;
        }
        try {
            return row.target.empty() ? std::vector<Candidate>() : ask(server, row, typed);
        } catch (const std::exception&) {
            return {};  // who completes a word is not told why there is nothing
        }
    }
    return {};
}

class Walk {
  public:
    Walk(const CLI::App& root, Server server) : at_(&root), server_(std::move(server)) {}

    /// False if nothing can be known behind this word.
    bool read(const std::string& word) {
        if (waiting_ != nullptr) {
            set(*std::exchange(waiting_, nullptr), word);
            return true;
        }
        if (!has_only_words_ && word == "--") {
            has_only_words_ = true;
            return true;
        }
        if (!has_only_words_ && word.size() > 1 && word.front() == '-') {
            return read_flag(word);
        }
        if (commands_of(*at_).empty()) {
            ++count_;
            return true;
        }
        const CLI::App* below = command_below(*at_, word);
        at_ = below != nullptr ? below : at_;
        return below != nullptr;
    }

    std::vector<Candidate> finish(const std::string& typed) const {
        if (waiting_ != nullptr) {
            return values_of(server_, *at_, *waiting_, typed);
        }
        if (!has_only_words_ && typed.starts_with('-')) {
            return flags(typed);
        }
        if (!commands_of(*at_).empty()) {
            return commands(typed);
        }
        std::size_t place = 0;
        for (const CLI::Option* option : at_->get_options()) {
            if (option->get_positional() && place++ == count_) {
                return values_of(server_, *at_, *option, typed);
            }
        }
        return {};
    }

  private:
    bool read_flag(const std::string& word) {
        const std::size_t equals = word.find('=');
        const CLI::Option* option = find_option(*at_, word.substr(0, equals));
        if (option == nullptr) {
            return word.starts_with('-');  // perhaps a misspelt one; the words behind it count
        }
        if (option->get_items_expected_max() > 0) {
            if (equals == std::string::npos) {
                waiting_ = option;
            } else {
                set(*option, word.substr(equals + 1));
            }
        }
        return true;
    }

    void set(const CLI::Option& option, const std::string& value) {
        const std::string name = option.get_lnames().empty() ? "" : option.get_lnames().front();
        if (name == "server") {
            server_.address = value;
        } else if (name == "token-file") {
            server_.token_file = value;
        } else if (name == "ca-file") {
            server_.ca_file = value;
        } else if (name == "fingerprint") {
            server_.fingerprint = value;
        }
    }

    std::vector<Candidate> flags(const std::string& typed) const {
        const std::size_t equals = typed.find('=');
        if (equals != std::string::npos) {
            const CLI::Option* option = find_option(*at_, typed.substr(0, equals));
            auto made = option == nullptr
                            ? std::vector<Candidate>()
                            : values_of(server_, *at_, *option, typed.substr(equals + 1));
            for (Candidate& one : made) {
                one.text = typed.substr(0, equals + 1) + one.text;
            }
            return made;
        }
        std::vector<Candidate> made;
        for (const CLI::Option* option : options_of(*at_)) {
            for (const std::string& name : option->get_lnames()) {
                std::string flag = "--" + name;
                if (flag.starts_with(typed)) {
                    made.push_back({std::move(flag), option->get_description()});
                }
            }
            if (typed == "-" && option->get_lnames().empty() && !option->get_positional()) {
                made.push_back({option->get_name(), option->get_description()});
            }
        }
        return made;
    }

    std::vector<Candidate> commands(const std::string& typed) const {
        std::vector<Candidate> made;
        for (const std::string& name : commands_of(*at_)) {
            if (name.starts_with(typed)) {
                made.push_back({name, at_->get_subcommand(name)->get_description()});
            }
        }
        return made;
    }

    const CLI::App* at_;
    Server server_;
    const CLI::Option* waiting_ = nullptr;  ///< whose value comes next
    std::size_t count_ = 0;                 ///< words that the command has already
    bool has_only_words_ = false;           ///< "--" was there
};

}  // namespace

std::vector<Candidate> complete(const CLI::App& root,
                                Server server,
                                const std::vector<std::string>& words) {
    if (words.empty()) {
        return {};
    }
    Walk walk(root, std::move(server));
    bool is_at_top = true;
    for (auto word = words.begin(); word + 1 != words.end(); ++word) {
        if (is_at_top && *word == "cs") {
            return complete_cmdlet({word + 1, words.end()});
        }
        if (!walk.read(*word)) {
            return {};
        }
        is_at_top = is_at_top && (word->starts_with('-') || command_below(root, *word) == nullptr);
    }
    return walk.finish(words.back());
}

std::vector<Candidate> complete_cmdlet(const std::vector<std::string>& words) {
    const std::string& typed = words.back();
    const cs::Cmdlet* cmdlet = words.size() > 1 ? cs::find_cmdlet(words.front()) : nullptr;
    std::vector<Candidate> made;
    if (words.size() == 1) {
        for (const cs::Cmdlet& one : cs::cmdlets()) {
            if (text::istarts_with(one.name, typed)) {
                made.push_back({one.name, one.summary});
            }
        }
        return made;
    }
    if (cmdlet == nullptr) {
        return made;
    }
    const std::string& before = words[words.size() - 2];
    for (const cs::Parameter& one : cmdlet->parameters) {
        const std::string name = std::string("-") + one.name;
        if (typed.starts_with('-')) {
            if (text::istarts_with(name, typed)) {
                made.push_back({name, one.meaning});
            }
        } else if (text::iequals(name, before)) {
            // $true would be the shell's: the words do as well.
            return matching(one.type == cs::Type::Boolean ? kTruth : std::string_view(one.choices),
                            typed);
        }
    }
    return made;
}

int print_candidates(const std::vector<Candidate>& candidates) {
    for (const Candidate& one : candidates) {
        fmt::print("{}{}{}\n",
                   text::escape_for_log(one.text, 1024),
                   one.about.empty() ? "" : "\t",
                   text::escape_for_log(one.about, 200));
    }
    return 0;
}

}  // namespace isthmus::cli
