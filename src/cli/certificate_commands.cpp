// The gateway's own certificates: requests, imports, what is shown where, and what is really shown.
#include "base/digest.h"
#include "base/text.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostOctets = std::size_t{1} << 20U;

const Columns kCertificates = {{"name", "state", "uses", "not_after", "subject"},
                               {"key", "chain_state", "issuer", "thumbprint", "source"}};
const Columns kUses = {
    {"use", "source", "certificates", "next", "effective", "not_after", "subject"},
    {"previous", "loaded_sha256"}};

const Columns kServed = {{"address", "use", "state", "subject", "not_after", "sha256"},
                         {"protocol", "name", "issuer", "tls_version", "cipher", "error"}};

const std::vector<Property> kRequest = {
    {"key_type", Property::Type::Text, "rsa-2048, rsa-3072, rsa-4096, p-256, p-384 or p-521"},
    {"names",
     Property::Type::List,
     "more names: example.org,SRV:_xmpp-server.example.org,XMPP:example.org,URI:sip:example.org"},
    {"common_name",
     Property::Type::Text,
     "the host name in the subject; that of the gateway unless given"},
    {"dns_only",
     Property::Type::Flag,
     "true: no SRV and XMPP names, which some authorities refuse"},
    {"friendly_name", Property::Type::Text, "what it is called in lists"},
    {"organization", Property::Type::Text, "of the subject"},
    {"ou", Property::Type::Text, "organizational unit of the subject"},
    {"city", Property::Type::Text, "of the subject"},
    {"state", Property::Type::Text, "of the subject"},
    {"country", Property::Type::Text, "of the subject, two letters"},
};

std::string certificate_path(const Program& program, const char* verb = "") {
    return "certificates/" + encode_segment(program.given("NAME")) + verb;
}

/// As it came: for files.
std::string plain_text(const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

json::array names_in(const std::string& text) {
    json::array made;
    for (std::size_t at = 0; !text.empty() && at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        made.emplace_back(text::trim(std::string_view(text).substr(at, comma - at)));
        at = comma + 1;
    }
    return made;
}

void add_uses(const Program& program, json::object& to) {
    if (const std::string& uses = program.given("--use"); !uses.empty()) {
        to["uses"] = names_in(uses);
    }
    if (const std::string& effective = program.given("--effective"); !effective.empty()) {
        to["effective"] = effective;
    }
}

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) {
        throw NotUsable({fmt::format("{}: cannot be read", text::escape_for_log(path)),
                         "",
                         "name a file that is there and that you may read"});
    }
    if (content.size() > kMostOctets) {
        throw NotUsable(
            {fmt::format("{}: it has {} octets", text::escape_for_log(path), content.size()),
             "no certificate is that large",
             "name a .pem, .cer, .p7b, .pfx or .p12 file"});
    }
    return content;
}

/// Talk about what was made, data to stdout.
void say_done(const json::object& made, const char* done) {
    fmt::print(stderr, "{} {}", text::escape_for_log(plain_text(made, "name")), done);
    if (const json::value* revision = made.if_contains("revision")) {
        fmt::print(stderr, ", revision {}", json::serialize(*revision));
    }
    fmt::print(stderr, "\n");
    const json::value* warnings = made.if_contains("warnings");
    if (warnings != nullptr && warnings->is_array()) {
        for (const json::value& one : warnings->get_array()) {
            fmt::print(stderr, "warning: {}\n", text::escape_for_log(one.as_string(), 1000));
        }
    }
}

std::string with_switches(const Program& program, std::string path) {
    const char* sign = "?";
    if (program.switches().force) {
        path += std::exchange(sign, "&") + std::string("force=true");
    }
    if (!program.switches().reason.empty()) {
        path += sign + std::string("reason=") + encode_segment(program.switches().reason);
    }
    return path;
}

int make_request(const Program& program) {
    json::object body = program.body();
    body["name"] = program.given("NAME");
    add_uses(program, body);
    const auto tell = [](const json::object& made) {
        say_done(made, "requested");
        fmt::print(stderr, "give this to the authority; import what it sends back\n");
        fmt::print("{}", plain_text(made, "csr"));
    };
    return program.request("POST",
                           with_switches(program, "certificates:request"),
                           body,
                           tell,
                           {},
                           Program::Trial::Asked);
}

int print_request(const Program& program) {
    const Answer answer = program.call("GET", certificate_path(program, ":csr"), "");
    if (answer.status < 300 && answer.body.is_object() &&
        (program.format() == Format::Table || program.format() == Format::Wide)) {
        fmt::print("{}", plain_text(answer.body.get_object(), "csr"));
        return 0;
    }
    return program.show(certificate_path(program, ":csr"), {});
}

int import_certificate(const Program& program) {
    json::object body{{"content_base64", digest::base64_encode(read_file(program.given("FILE")))}};
    json::array more;
    for (const char* name : {"--key", "--chain"}) {
        if (!program.given(name).empty()) {
            more.emplace_back(digest::base64_encode(read_file(program.given(name))));
        }
    }
    if (!more.empty()) {
        body["more_base64"] = std::move(more);
    }
    for (const char* name : {"--name", "--friendly-name"}) {
        if (!program.given(name).empty()) {
            body[name == std::string_view("--name") ? "name" : "friendly_name"] =
                program.given(name);
        }
    }
    if (program.has("--replace")) {
        body["replace"] = true;
    }
    if (!program.given("--password-file").empty()) {
        std::string line = read_file(program.given("--password-file"));
        line.resize(std::min(line.find_first_of("\r\n"), line.size()));
        body["password"] = line;
    } else if (program.has("--password-stdin")) {
        body["password"] = read_secret_once("password of the file");
    }
    add_uses(program, body);
    const auto tell = [](const json::object& made) {
        say_done(made, "imported");
        fmt::print("{}\n", text::escape_for_log(plain_text(made, "name")));
    };
    return program.request("POST",
                           with_switches(program, "certificates:import"),
                           body,
                           tell,
                           {},
                           Program::Trial::Asked);
}

int watch_files(const Program& program) {
    json::object body{{"name", program.given("NAME")},
                      {"certificate_file", program.given("--certificate-file")},
                      {"private_key_file", program.given("--private-key-file")}};
    if (program.has("--replace")) {
        body["replace"] = true;
    }
    add_uses(program, body);
    const auto tell = [](const json::object& made) { say_done(made, "watched"); };
    return program.request("POST",
                           with_switches(program, "certificates:watch"),
                           body,
                           tell,
                           {},
                           Program::Trial::Asked);
}

int assign(const Program& program) {
    json::object body{{"certificate", program.given("NAME")}};
    if (!program.given("--effective").empty()) {
        body["effective"] = program.given("--effective");
    }
    if (program.has("--beside")) {
        body["beside"] = true;
    }
    return program.change("PUT",
                          "certificate-uses/" + encode_segment(program.given("--use")),
                          body,
                          program.given("--effective").empty() ? "assigned" : "staged");
}

int remove_from_use(const Program& program) {
    return program.change("DELETE",
                          "certificate-uses/" + encode_segment(program.given("--use")) +
                              (program.has("--previous") ? "?previous=true" : ""),
                          {},
                          program.has("--previous") ? "forgotten" : "removed");
}

int show_served(const Program& program) {
    json::object body;
    for (const auto& [field, name] : {std::pair("address", "ADDRESS"),
                                      std::pair("protocol", "--protocol"),
                                      std::pair("name", "--name")}) {
        if (!program.given(name).empty()) {
            body[field] = program.given(name);
        }
    }
    bool is_bad = false;
    const int code =
        program.request("POST", "certificates:served", body, [&](const json::object& answer) {
            const json::value* items = answer.if_contains("items");
            if (items == nullptr || !items->is_array()) {
                return;
            }
            for (const json::value& one : items->get_array()) {
                is_bad = is_bad || plain_text(one.as_object(), "state") == "mismatch";
            }
            fmt::print("{}", render(answer, program.format(), kServed));
        });
    return code == 0 && is_bad ? 3 : code;
}

void add_making(Program& program, CLI::App& cert) {
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(cert, name, help, std::move(action)), "NAME", "the certificate");
    };
    CLI::App& request = named("request",
                              "make a key and a request for an authority: request NAME > FILE.csr",
                              [&program] { return make_request(program); });
    program.properties(request, kRequest);
    named("csr", "the request again", [&program] { return print_request(program); });
    CLI::App& import =
        program.word(program.command(cert,
                                     "import",
                                     "take what an authority sent, or a certificate with its key",
                                     [&program] { return import_certificate(program); }),
                     "FILE",
                     ".pem, .cer, .crt, .p7b, .pfx or .p12");
    program.option(import, "--name", "what it is called here; found out unless given");
    program.option(import, "--friendly-name", "what it is called in lists");
    program.option(import, "--key", "file with its private key, if FILE has none");
    program.option(import, "--chain", "file with the authorities above it");
    program.flag(
        import, "--password-stdin", "read the password from stdin; asked for at a terminal");
    program.option(import, "--password-file", "read the password from the first line of a file");
    CLI::App& watch = named("watch",
                            "take it from files that something else renews (ACME clients)",
                            [&program] { return watch_files(program); });
    program.option(watch, "--certificate-file", "PEM, on the gateway: fullchain.pem", true);
    program.option(watch, "--private-key-file", "PEM, on the gateway: privkey.pem", true);
    for (CLI::App* one : {&request, &import, &watch}) {
        program.option(*one,
                       "--use",
                       one == &request ? "what it is for: sip, xmpp-s2s, admin; all unless given"
                                       : "assign it at once: sip,xmpp-s2s,admin");
    }
    for (CLI::App* one : {&import, &watch}) {
        program.flag(
            *one, "--replace", "instead of the certificate of that name, with another key");
        program.option(*one, "--effective", "assign it then: 2030-07-01 or 2030-07-01T12:00:00Z");
    }
}

void add_uses_of(Program& program, CLI::App& cert) {
    program.command(cert, "uses", "what is shown where", [&program] {
        return program.show("certificate-uses", {.columns = kUses});
    });
    CLI::App& assign_one =
        program.word(program.command(cert,
                                     "assign",
                                     "show it from now on, or from a day on: assign NAME --use USE",
                                     [&program] { return assign(program); }),
                     "NAME",
                     "the certificate");
    program.option(assign_one, "--use", "sip, xmpp-s2s or admin", true);
    program.option(
        assign_one, "--effective", "from then on: 2030-07-01 or 2030-07-01T12:00:00Z (UTC)");
    program.flag(assign_one, "--beside", "besides those that are assigned, for other names");
    CLI::App& remove = program.command(
        cert, "remove", "show it no longer: remove --use USE; it stays in the list", [&program] {
            return remove_from_use(program);
        });
    program.option(remove, "--use", "sip, xmpp-s2s or admin", true);
    program.flag(remove, "--previous", "forget the one that was there before");
}

}  // namespace

void add_certificate_commands(Program& program) {
    CLI::App& cert = program.group("cert", "the gateway's own certificates");
    program.command(cert, "list", "all certificates and requests", [&program] {
        return program.show("certificates", {.columns = kCertificates, .nothing = [] {
                                                 return "no certificate was requested or imported; "
                                                        "isthmus cert request NAME or isthmus cert "
                                                        "import begins one";
                                             }});
    });
    program.word(program.command(cert,
                                 "get",
                                 "one certificate: names, chain, what stands against it",
                                 [&program] {
                                     return program.show(certificate_path(program),
                                                         {.columns = kCertificates});
                                 }),
                 "NAME",
                 "the certificate");
    add_making(program, cert);
    add_uses_of(program, cert);
    CLI::App& served = program.optional_word(
        program.command(cert,
                        "served",
                        "connect and show which certificate is really presented",
                        [&program] { return show_served(program); }),
        "ADDRESS",
        "HOST:PORT; the gateway's own listeners unless given");
    program.option(served, "--protocol", "tls or xmpp; by the port unless given");
    program.option(served, "--name", "the server name to ask for");
    program.word(program.command(cert,
                                 "delete",
                                 "remove it with its key, for good",
                                 [&program] {
                                     return program.change(
                                         "DELETE", certificate_path(program), {}, "deleted");
                                 }),
                 "NAME",
                 "the certificate");
}

}  // namespace isthmus::cli
