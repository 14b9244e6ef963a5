// `isthmus doctor`, and SIP peers with their test.
#include "cli/fields.h"
#include "cli/program.h"
#include "cli/steps.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kPeerColumns = {{"name", "target", "state", "domains", "pending"},
                              {"kind", "addresses", "certificate_names", "state_seconds"}};

int fail_if(const json::object& body, const char* name, const char* bad) {
    return text_of(body, name) == bad ? kFoundFailure : 0;
}

void print_instructions(const json::object& body) {
    const json::value* all = body.if_contains("instructions");
    if (all == nullptr || !all->is_array()) {
        return;
    }
    for (const json::value& one : all->get_array()) {
        fmt::print("\n{}\n", text_of(one.as_object(), "title"));
        for (const json::value& line : one.at("lines").as_array()) {
            fmt::print("    {}\n", shown(line));
        }
    }
}

int run_doctor(const Program& program) {
    int outcome = 0;
    const int code = program.request(
        "GET",
        "doctor",
        {},
        [&](const json::object& body) {
            for (const json::value& one : body.at("checks").as_array()) {
                print_check(one.as_object(), program.switches().verbose);
            }
            if (!program.switches().quiet) {
                print_instructions(body);
            }
        },
        [&](const json::object& body) { outcome = fail_if(body, "state", "fail"); });
    return code != 0 ? code : outcome;
}

std::string path_of_peer(const Program& program) {
    return "sip-peers/" + encode_segment(program.given("NAME"));
}

int test_peer(const Program& program) {
    int outcome = 0;
    const int code = program.request(
        "POST",
        path_of_peer(program) + ":test",
        {},
        [&](const json::object& body) {
            for (const json::value& one : body.at("steps").as_array()) {
                print_step(one.as_object(), program.switches().verbose);
            }
            fmt::print("{}\n", text_of(body, "sentence"));
        },
        [&](const json::object& body) { outcome = fail_if(body, "result", "failure"); });
    return code != 0 ? code : outcome;
}

const std::vector<Property> kPeer = {
    {"kind", Property::Type::Text, "simple, or lync for Lync and Skype for Business servers"},
    {"target", Property::Type::Text, "how it is reached, tls:HOST:PORT"},
    {"domains", Property::Type::List, "its SIP domains, separated by commas"},
    {"certificate_names", Property::Type::List, "names that its certificate must carry"},
    {"addresses", Property::Type::List, "addresses or networks that it may send from"}};

int plan_peer(const Program& program) {
    json::object body = program.body();
    body["name"] = program.given("NAME");
    return program.request("POST", "sip-peers", body, [](const json::object& setup) {
        fmt::print("# {}\n",
                   setup.at("is_configured").as_bool()
                       ? "In the configuration file already:"
                       : "For the configuration file; then restart the gateway:");
        for (const json::value& line : setup.at("configuration").as_array()) {
            fmt::print("{}\n", shown(line));
        }
        const json::array& ways = setup.at("instructions").as_array();
        if (ways.size() > 1) {
            fmt::print("\n# At the other side one of these is enough.\n");
        }
        for (const json::value& one : ways) {
            fmt::print("\n# {}\n", text_of(one.as_object(), "title"));
            for (const json::value& line : one.at("lines").as_array()) {
                fmt::print("{}\n", shown(line));
            }
        }
    });
}

int change_peer(const Program& program) {
    const Answer known = program.call("GET", path_of_peer(program), {});
    return known.status == 200 ? plan_peer(program) : program.failed(known);
}

int drop_peer(const Program& program) {
    const Answer known = program.call("GET", path_of_peer(program), {});
    if (known.status != 200) {
        return program.failed(known);
    }
    return program.request(
        "POST", "sip-peers", {{"name", program.given("NAME")}}, [&](const json::object& setup) {
            fmt::print("# To be taken out of the configuration file; then restart the gateway:\n");
            for (const json::value& line : setup.at("configuration").as_array()) {
                fmt::print("{}\n", shown(line));
            }
            fmt::print(
                "# Its users are then reached by nobody. Take the routes to us out at the "
                "other side as well.\n");
        });
}

}  // namespace

void add_test_commands(Program& program) {
    program.command("doctor",
                    "check the gateway, its names in DNS and its neighbours; what to set up",
                    [&program] { return run_doctor(program); });
    const View view{.columns = kPeerColumns, .nothing = [] {
                        return "there is no SIP peer; isthmus sip-peer create NAME prints what to "
                               "set up here and there";
                    }};
    CLI::App& peer = program.group("sip-peer", "SIP peers, of the configuration file");
    program.command(peer, "list", "all SIP peers", [&program, view] {
        return program.show("sip-peers", view);
    });
    program.word(
        program.command(peer,
                        "get",
                        "one SIP peer, with its last failure",
                        [&program, view] { return program.show(path_of_peer(program), view); }),
        "NAME",
        "its name");
    program.properties(
        program.word(program.command(peer,
                                     "create",
                                     "what to set up here and at the SIP system; changes nothing",
                                     [&program] { return plan_peer(program); }),
                     "NAME",
                     "its name, known or new"),
        kPeer);
    program.properties(
        program.word(program.command(peer,
                                     "set",
                                     "its table with what is given here; changes nothing",
                                     [&program] { return change_peer(program); }),
                     "NAME",
                     "its name"),
        kPeer);
    program.word(program.command(peer,
                                 "delete",
                                 "what to take out here and at the SIP system; changes nothing",
                                 [&program] { return drop_peer(program); }),
                 "NAME",
                 "its name");
    program.word(
        program.command(
            peer, "test", "ask it for a sign of life", [&program] { return test_peer(program); }),
        "NAME",
        "its name");
}

}  // namespace isthmus::cli
