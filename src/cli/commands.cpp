#include "cli/commands.h"

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/output.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

enum class Type { Text, Flag, Number, List };

/// A property of an object as a flag of the command line: "--partner-type" is "partner_type".
struct Property {
    const char* name;
    Type type;
    const char* help;
};

const std::vector<Property> kPartner = {
    {"additional_domains", Type::List, "more domains of this partner, separated by commas"},
    {"description", Type::Text, "free text"},
    {"partner_type", Type::Text, "Federated, PublicVerified or PublicUnverified"},
    {"tls_negotiation", Type::Text, "Required, Optional or NotSupported"},
    {"sasl_negotiation", Type::Text, "Required, Optional or NotSupported"},
    {"support_dialback_negotiation", Type::Flag, "accept and use server dialback"},
    {"enable_keep_alive", Type::Flag, "expect keep-alives"},
    {"connection_limit", Type::Number, "simultaneous connections"},
    {"proxy_fqdn", Type::Text, "connect to this host instead of asking DNS"},
    {"enabled", Type::Flag, "whether the partner may be used"},
};
const std::vector<Property> kPolicy = {
    {"description", Type::Text, "free text"},
    {"enable_federation_access", Type::Flag, "communications with federated users"},
    {"enable_xmpp_access", Type::Flag, "communications with XMPP federated users"},
    {"enable_public_cloud_access", Type::Flag, "kept for migration, no effect"},
    {"enable_public_cloud_audio_video_access", Type::Flag, "kept for migration, no effect"},
    {"enable_outside_access", Type::Flag, "kept for migration, no effect"},
};
const std::vector<Property> kAccessEdge = {
    {"allow_federated_users", Type::Flag, "master switch of all federation"},
    {"allow_outside_users", Type::Flag, "kept for migration, no effect"},
    {"allow_anonymous_users", Type::Flag, "kept for migration, no effect"},
};
const std::vector<Property> kGateway = {
    {"enabled", Type::Flag, "master switch of XMPP federation"},
    {"connection_limit", Type::Number, "connections of all partners together"},
    {"partner_connection_limit", Type::Number, "connections of one partner"},
    {"dialback_passphrase", Type::Text, "secret of the dialback keys; '-' reads it from stdin"},
    {"enable_logging_all_message_bodies", Type::Flag, "log message bodies"},
    {"keep_alive_interval", Type::Number, "seconds"},
    {"stream_establishment_timeout", Type::Number, "seconds"},
    {"stream_inactivity_timeout", Type::Number, "seconds"},
    {"subscription_refresh_interval", Type::Number, "seconds"},
    {"presence_restore_rate", Type::Number, "subscriptions re-established a second at start"},
};
const Columns kPartnerColumns = {
    {"domain",
     "partner_type",
     "tls_negotiation",
     "sasl_negotiation",
     "support_dialback_negotiation",
     "enabled",
     "description"},
    {"additional_domains", "proxy_fqdn", "connection_limit", "enable_keep_alive"}};
const Columns kPolicyColumns = {
    {"identity", "enable_federation_access", "enable_xmpp_access", "description"},
    {"enable_public_cloud_access", "enable_outside_access"}};
const Columns kRevisionColumns = {{"revision", "at", "admin", "action", "object"}, {"origin"}};

std::string read_line(std::istream& from) {
    std::string line;
    std::getline(from, line);
    return line;
}

class Program {
  public:
    explicit Program(const Offline& offline) : offline_(offline) {}

    int run(int count, const char* const* arguments) {
        build();
        try {
            app_.parse(count, arguments);
        } catch (const CLI::CallForHelp& help) {
            return app_.exit(help);
        } catch (const CLI::CallForAllHelp& help) {
            return app_.exit(help);
        } catch (const CLI::ParseError& error) {
            app_.exit(error, std::cerr, std::cerr);
            return 2;
        }
        const auto format = format_of(output_);
        if (!format) {
            fmt::print(stderr, "-o {}: choose table, wide, json, yaml or name\n", output_);
            return 2;
        }
        format_ = *format;
        try {
            return action_ ? action_() : 2;
        } catch (const NotReachable& error) {
            fmt::print(stderr, "{}\n", error.what());
            return 6;
        } catch (const std::invalid_argument& error) {
            fmt::print(stderr, "{}\n", error.what());
            return 2;
        } catch (const std::exception& error) {
            fmt::print(stderr, "failed: {}\n", error.what());
            return 1;
        }
    }

  private:
    CLI::App* command(CLI::App& parent,
                      const char* name,
                      const char* help,
                      std::function<int()> action) {
        CLI::App* made = parent.add_subcommand(name, help);
        made->fallthrough();
        made->callback([this, action = std::move(action)] { action_ = action; });
        return made;
    }

    CLI::App* group(const char* name, const char* help) {
        CLI::App* made = app_.add_subcommand(name, help);
        made->require_subcommand(1);
        made->fallthrough();
        return made;
    }

    void global_flags() {
        const char* server = std::getenv("ISTHMUS_SERVER");
        server_ = server != nullptr ? server : "unix:/var/lib/isthmus/admin.sock";
        app_.add_option("--server", server_, "unix:PATH of the daemon (ISTHMUS_SERVER)");
        app_.add_option("--token-file", token_file_, "not needed over the unix socket");
        app_.add_option("-o,--output", output_, "table, wide, json, yaml or name");
        app_.add_option("--timeout", timeout_, "seconds to wait for the daemon");
        app_.add_flag("--dry-run", dry_run_, "show what would be asked of the daemon");
        app_.add_flag("-q,--quiet", quiet_, "no talk");
        bool* ignored = &ignored_;
        app_.add_flag("--yes", *ignored, "do not ask");
        app_.add_flag("--no-input", *ignored, "never ask");
        app_.add_flag("-v,--verbose", *ignored, "more talk");
        app_.add_flag("--no-color", *ignored, "no colours (nor are there any)");
    }

    void build() {
        app_.require_subcommand(1);
        app_.fallthrough();
        global_flags();
        build_offline();
        build_partners();
        build_policies();
        build_single("access-edge", "the organisation's master switch", "access-edge", kAccessEdge);
        build_single("gateway", "XMPP gateway configuration", "gateway", kGateway);
        command(app_, "status", "what the daemon is doing", [this] { return show("status", {}); });
    }

    void build_offline() {
        CLI::App* serve =
            command(app_, "serve", "run the daemon", [this] { return offline_.serve(file_); });
        serve->add_option("--config", file_, "configuration file")->required();
        CLI::App* config = group("config", "the boot configuration and its history");
        command(*config, "check", "check a file (offline)", [this] {
            return offline_.check_config(file_.empty() ? "/etc/isthmus/isthmus.toml" : file_);
        })->add_option("FILE", file_, "configuration file");
        command(*config, "reload", "as SIGHUP: log level and certificates", [this] {
            return change("POST", "config:reload", {}, "reloaded");
        });
        command(*config, "history", "the latest revisions", [this] {
            return show("revisions", kRevisionColumns);
        });
        command(app_,
                "translate",
                "run translation cases (offline)",
                [this] { return offline_.translate(file_); })
            ->add_option("--cases", file_, "case file")
            ->required();
        command(app_, "version", "print the version", [this] {
            fmt::print("isthmus {}\n", offline_.version);
            return 0;
        });
    }

    void build_partners() {
        CLI::App* partner = group("partner", "XMPP federated partners");
        command(
            *partner, "list", "all partners", [this] { return show("partners", kPartnerColumns); });
        named(*partner, "get", "one partner", [this] {
            return show(partner_path(), kPartnerColumns);
        });
        properties(named(*partner,
                         "create",
                         "allow a domain",
                         [this] {
                             json::object body = body_;
                             body["domain"] = name_;
                             return change("POST", "partners", body, "created");
                         }),
                   kPartner);
        properties(named(*partner,
                         "set",
                         "change a partner",
                         [this] { return change("PATCH", partner_path(), body_, "changed"); }),
                   kPartner);
        named(*partner, "delete", "no longer allow a domain", [this] {
            return change("DELETE", partner_path(), {}, "deleted");
        });
        named(*partner, "enable", "use it again", [this] {
            return change("POST", partner_path() + ":enable", {}, "enabled");
        });
        named(*partner, "disable", "keep it, but do not use it", [this] {
            return change("POST", partner_path() + ":disable", {}, "disabled");
        });
    }

    void build_policies() {
        CLI::App* policy = group("policy", "external access policies");
        command(
            *policy, "list", "all policies", [this] { return show("policies", kPolicyColumns); });
        named(*policy, "get", "one policy", [this] { return show(policy_path(), kPolicyColumns); });
        properties(named(*policy,
                         "set",
                         "change a policy",
                         [this] { return change("PATCH", policy_path(), body_, "changed"); }),
                   kPolicy);
    }

    void build_single(const char* name,
                      const char* help,
                      const char* path,
                      const std::vector<Property>& known) {
        CLI::App* made = group(name, help);
        command(*made, "get", "show it", [this, path] { return show(path, {}); });
        properties(command(*made,
                           "set",
                           "change it",
                           [this, path] { return change("PATCH", path, body_, "changed"); }),
                   known);
    }

    CLI::App* named(CLI::App& parent,
                    const char* name,
                    const char* help,
                    std::function<int()> action) {
        CLI::App* made = command(parent, name, help, std::move(action));
        made->add_option("NAME", name_, "its name")->required();
        return made;
    }

    void properties(CLI::App* made, const std::vector<Property>& known) {
        for (const Property& property : known) {
            std::string flag = std::string("--") + property.name;
            std::ranges::replace(flag, '_', '-');
            made->add_option_function<std::string>(
                flag,
                [this, property](const std::string& text) {
                    body_[property.name] = convert(property, text);
                },
                property.help);
        }
    }

    static json::value convert(const Property& property, const std::string& text) {
        switch (property.type) {
            case Type::Flag:
                if (text != "true" && text != "false") {
                    throw CLI::ValidationError(property.name, "write true or false");
                }
                return text == "true";
            case Type::Number: {
                const auto number = text::to_number(text);
                if (!number) {
                    throw CLI::ValidationError(property.name, "write a whole number");
                }
                return *number;
            }
            case Type::List: {
                json::array list;
                for (std::size_t at = 0; !text.empty() && at <= text.size();) {
                    const std::size_t comma = std::min(text.find(',', at), text.size());
                    list.emplace_back(
                        std::string(text::trim(std::string_view(text).substr(at, comma - at))));
                    at = comma + 1;
                }
                return list;
            }
            default:
                return text == "-" ? json::value(read_line(std::cin)) : json::value(text);
        }
    }

    std::string partner_path() const { return "partners/" + encode_segment(name_); }

    std::string policy_path() const { return "policies/" + encode_segment(name_); }

    ApiClient client() const { return {server_, std::chrono::seconds(std::max(1, timeout_))}; }

    int show(const std::string& path, const Columns& columns) {
        const Answer answer = client().call("GET", path);
        if (answer.status >= 300) {
            return failed(answer);
        }
        fmt::print("{}", render(answer.body, format_, columns));
        return 0;
    }

    int change(const char* method,
               const std::string& path,
               const json::object& body,
               const char* done) {
        const std::string text = json::serialize(body);
        if (dry_run_) {
            fmt::print("{} /api/v1/{} {}\n", method, path, body.empty() ? "" : text);
            return 0;
        }
        const Answer answer = client().call(method, path, body.empty() ? "" : text);
        if (answer.status >= 300) {
            return failed(answer);
        }
        if (format_ == Format::Json || format_ == Format::Yaml) {
            fmt::print("{}", render(answer.body, format_, {}));
        } else if (!quiet_) {
            report(answer.body, done);
        }
        return 0;
    }

    static void report(const json::value& body, const char* done) {
        const json::value* revision =
            body.is_object() ? body.get_object().if_contains("revision") : nullptr;
        if (revision == nullptr) {
            fmt::print(stderr, "{}\n", done);
            return;
        }
        const bool in_force = body.get_object().at("in_force").as_bool();
        fmt::print(stderr,
                   "{}, revision {}{}\n",
                   done,
                   json::serialize(*revision),
                   in_force ? ", in force" : ", stored; the gateway has not confirmed it yet");
    }

    static int failed(const Answer& answer) {
        const json::object* problem = answer.body.if_object();
        const auto field = [&](const char* name) -> std::string {
            const json::value* value = problem != nullptr ? problem->if_contains(name) : nullptr;
            return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
        };
        fmt::print(
            stderr,
            "{}{}\n",
            field("code").empty() ? "" : field("code") + ": ",
            field("detail").empty() ? fmt::format("HTTP {}", answer.status) : field("detail"));
        for (const char* name : {"evidence", "fix"}) {
            if (!field(name).empty()) {
                fmt::print(stderr, "  {}: {}\n", name, field(name));
            }
        }
        switch (answer.status) {
            case 400:
            case 413:
                return 2;
            case 401:
            case 403:
                return 4;
            case 409:
            case 412:
                return 5;
            default:
                return 1;
        }
    }

    const Offline& offline_;
    CLI::App app_{"Isthmus, the gateway between SIP/SIMPLE and XMPP", "isthmus"};
    std::function<int()> action_;
    std::string server_;
    std::string token_file_;
    std::string output_ = "table";
    int timeout_ = 30;
    bool dry_run_ = false;
    bool quiet_ = false;
    bool ignored_ = false;
    Format format_ = Format::Table;
    std::string file_;
    std::string name_;
    json::object body_;
};

}  // namespace

int run(int count, const char* const* arguments, const Offline& offline) {
    return Program(offline).run(count, arguments);
}

}  // namespace isthmus::cli
