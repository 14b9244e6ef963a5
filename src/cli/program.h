// The frame of the command line: global flags, the commands' table, the way to the daemon and back,
// exit codes. Each kind of object adds its commands in a file of its own.
#pragma once

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/property.h"
#include "cli/sse.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;  // NOLINT(readability-identifier-naming)
}

namespace isthmus::cli {

/// The columns of `list`, and what `get` says before it lists the properties.
struct View {
    Columns columns;
    std::function<std::string(const boost::json::object&)> headline = {};
    std::function<std::string()> nothing = {};  ///< what to say of a list without rows
    /// Puts into words, for people, what the answer has as a mark for programs.
    std::function<void(boost::json::object&)> reword = {};
    bool is_headline_all = false;  ///< people need no more; -o wide shows it
};

class Program {
  public:
    using Action = std::function<int()>;

    explicit Program(const Offline& offline);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    Program(Program&&) = delete;
    Program& operator=(Program&&) = delete;
    ~Program();

    /// Reads words and flags, and no more. An exit code if that is the end: help, or a fault, which
    /// has been told.
    std::optional<int> parse(int count, const char* const* arguments);
    int run(int count, const char* const* arguments);

    const Offline& offline() const { return offline_; }

    /// Flags that concern all commands.
    struct Switches {
        bool dry_run = false;
        bool quiet = false;
        bool verbose = false;
        bool yes = false;
        bool no_input = false;
        bool force = false;
        std::string reason;
    };

    const Switches& switches() const { return switches_; }

    Format format() const { return format_; }

    /// All commands and flags.
    const CLI::App& root() const { return *app_; }

    /// From the environment; the flags are read by run().
    const Server& server() const { return server_; }

    /// One question to the daemon, `target` below /api/v1/. Throws NotReachable.
    Answer call(std::string_view method,
                const std::string& target,
                const std::string& body,
                const std::string& if_match = {}) const;
    /// See ApiClient::follow().
    Answer follow(std::string_view method,
                  const std::string& target,
                  const std::string& body,
                  const std::function<void(std::string_view)>& on_line) const;
    /// The same for what takes its time: ten minutes, if --timeout does not say more.
    Answer call_patiently(std::string_view method,
                          const std::string& target,
                          const std::string& body,
                          const char* content_type = "application/json") const;
    /// Says on stderr what the problem is; the exit code.
    int failed(const Answer& answer) const;
    /// `ask`, and with --verbose what is asked and how it ended.
    Answer spoken(std::string_view method,
                  const std::string& target,
                  const std::function<Answer()>& ask) const;

    /// The same for what is large.
    Answer move(std::string_view method,
                const std::string& target,
                const std::string& body,
                Transfer& transfer) const;
    /// An object for people by `print`, else as it is.
    void print(const boost::json::value& answer,
               const std::function<void(const boost::json::object&)>& print) const;

    /// A word that has commands below it; the one that is there, if several files add to it.
    CLI::App& group(const char* name, const char* help);
    CLI::App& group(CLI::App& parent, const char* name, const char* help);
    CLI::App& command(CLI::App& parent, const char* name, const char* help, Action action);
    /// A command at the top.
    CLI::App& command(const char* name, const char* help, Action action);
    /// A required word; given() has it afterwards.
    CLI::App& word(CLI::App& command, const char* name, const char* help);
    /// The same, but it may be left out.
    CLI::App& optional_word(CLI::App& command, const char* name, const char* help);
    /// One or more words; words_given() has them afterwards.
    CLI::App& words(CLI::App& command, const char* name, const char* help);
    /// "--user TEXT"; given("--user") has it afterwards.
    CLI::App& option(CLI::App& command, const char* name, const char* help, bool required = false);
    /// "--send-im A B"; pair_given("--send-im") has both afterwards.
    CLI::App& pair(CLI::App& command, const char* name, const char* help);
    /// "--password-stdin"; has() knows it afterwards.
    CLI::App& flag(CLI::App& command, const char* name, const char* help);
    /// Flags that make up body().
    CLI::App& properties(CLI::App& command, const std::vector<Property>& known);

    /// Empty if it was not given.
    const std::string& given(const char* name) const;
    const std::vector<std::string>& words_given(const char* name) const;
    bool has(const char* flag) const;
    /// Two empty texts if it was not given.
    std::pair<std::string, std::string> pair_given(const char* name) const;

    const boost::json::object& body() const { return body_; }

    /// Asks and prints. Paths are below /api/v1/.
    int show(const std::string& path, const View& view) const;
    /// Whether the daemon can check something without doing it. What it cannot is only shown with
    /// --dry-run, and nobody is asked.
    enum class Trial : std::uint8_t { None, Asked };

    /// Asks for a change and says `done`; with --dry-run it shows what it would ask, and whether
    /// that would be done.
    int change(const char* method,
               const std::string& path,
               const boost::json::object& body,
               const char* done,
               Trial trial = Trial::Asked) const;

    /// Asks for something whose answer is more than "done": `print` writes it for people, JSON and
    /// YAML are written as they are. `look` sees it in any case. Neither is called with --dry-run.
    int request(const char* method,
                const std::string& path,
                const boost::json::object& body,
                const std::function<void(const boost::json::object&)>& print,
                const std::function<void(const boost::json::object&)>& look = {},
                Trial trial = Trial::None) const;

    /// Reads server-sent events until `use` says false or the daemon ends them.
    int follow(const std::string& path, const std::function<bool(const SseEvent&)>& use) const;

  private:
    void global_flags();
    ApiClient client() const;
    int show_trial(const char* method,
                   const std::string& path,
                   const boost::json::object& body,
                   const char* done,
                   Trial trial) const;

    const Offline& offline_;
    std::unique_ptr<CLI::App> app_;
    Action action_;
    Server server_;
    std::string output_ = "table";
    int timeout_ = 30;
    Switches switches_;
    bool ignored_ = false;
    Format format_ = Format::Table;
    std::map<std::string, std::string, std::less<>> given_;
    std::map<std::string, std::vector<std::string>, std::less<>> words_;
    std::map<std::string, bool, std::less<>> flags_;
    std::map<std::string, std::pair<std::string, std::string>, std::less<>> pairs_;
    boost::json::object body_;
};

struct CommandLine;

/// All of them.
void add_commands(Program& program, const CommandLine& line);

void add_offline_commands(Program& program);
void add_config_commands(Program& program);
void add_setup_command(Program& program);
void add_partner_commands(Program& program);
/// `isthmus partner test`, with what was given.
int test_partner(const Program& program);
void add_policy_commands(Program& program);
void add_subscription_commands(Program& program);
void add_test_commands(Program& program);
void add_contact_commands(Program& program);
void add_traffic_commands(Program& program);
void add_trace_commands(Program& program);
void add_user_commands(Program& program);
void add_user_source_commands(Program& program);
void add_domain_commands(Program& program);
void add_certificate_commands(Program& program);
void add_migrate_commands(Program& program);
void add_migrate_import_commands(Program& program);
void add_admin_commands(Program& program);
void add_audit_commands(Program& program);
void add_backup_commands(Program& program);

}  // namespace isthmus::cli
