// The vectors of tests/data/vectors through the runner of `isthmus translate`, without their
// expectations, and the results against them.
#include "app/translate_cases.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "vector_compare.h"

namespace isthmus::tests {

namespace {

namespace json = boost::json;

struct Exempt {
    std::string_view id;
    std::string_view reason;
};

constexpr std::string_view kSession = "MSRP (RFC 7573) is refused, and no part of pager mode";
constexpr std::string_view kMicrosoft =
    "sessions are no translation: tests/scenarios/session-*.scn play them";

constexpr std::array<Exempt, 18> kExempt{{
    {"MM-045", kSession},
    {"MM-087", kSession},
    {"MM-088", kSession},
    {"MM-089", kSession},
    {"MM-090", kSession},
    {"MM-092", kMicrosoft},
    {"MM-183", kSession},
    {"MM-184", kSession},
    {"MM-185", kSession},
    {"MM-186", kSession},
    {"MM-187", kSession},
    {"MM-188", kSession},
    {"MM-189", kSession},
    {"MM-190", kSession},
    {"MM-191", kSession},
    {"MM-192", kSession},
    {"MM-193", kSession},
    {"MM-194", kMicrosoft},
}};

bool is_exempt(std::string_view id) {
    for (const Exempt& one : kExempt) {
        if (one.id == id) {
            return true;
        }
    }
    return false;
}

json::value load(const std::string& name) {
    std::ifstream in(std::string(ISTHMUS_SOURCE_DIR "/tests/data/vectors/") + name);
    std::stringstream text;
    text << in.rdbuf();
    json::parse_options options;
    options.allow_trailing_commas = true;
    return json::parse(text.str(), {}, options);
}

std::string id_of(const json::value& object) {
    return std::string(object.at("id").as_string());
}

std::map<std::string, json::value> results_of(const json::value& file) {
    std::string out;
    std::string fault;
    EXPECT_TRUE(app::translate_cases(json::serialize(file), out, fault)) << fault;
    std::map<std::string, json::value> results;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
        json::value one = json::parse(line);
        const std::string id = id_of(one);
        EXPECT_TRUE(results.emplace(id, one.at("result")).second) << id << " twice";
    }
    return results;
}

/// Takes `expect` away, but for two of presence-map that are really what is to be played.
json::value without_expectations(const json::value& file) {
    json::value out = file;
    for (json::value& one : out.at("cases").as_array()) {
        json::object& object = one.as_object();
        json::object played;
        for (std::string_view name : {"no_dialog", "event_override"}) {
            if (const json::value* value = object.at("expect").as_object().if_contains(name)) {
                played[name] = *value;
            }
        }
        object.erase("expect");
        if (!played.empty()) {
            object["expect"] = std::move(played);
        }
    }
    return out;
}

void run(const std::string& name, std::size_t at_least) {
    const json::value file = load(name);
    const auto results = results_of(without_expectations(file));
    std::size_t passed = 0;
    for (const json::value& one : file.at("cases").as_array()) {
        const std::string id = id_of(one);
        if (one.at("dir").as_string() == "lifecycle" || is_exempt(id)) {
            continue;
        }
        ASSERT_TRUE(results.contains(id)) << id;
        const json::value& result = results.at(id);
        const std::string raw = json::serialize(result);
        const auto faults = compare(one.at("expect").as_object(), &result, raw);
        for (const std::string& fault : faults) {
            ADD_FAILURE() << id << " (" << one.at("level").as_string() << ", "
                          << one.at("rule").as_string() << ") " << fault << "\n  " << raw;
        }
        passed += faults.empty() ? 1 : 0;
    }
    EXPECT_GE(passed, at_least);
}

TEST(TranslateVectors, Addresses) {
    run("address-map.json", 153);
}

TEST(TranslateVectors, Messages) {
    run("message-map.json", 195 - kExempt.size());
}

TEST(TranslateVectors, PresenceContent) {
    run("presence-map.json", 114);
}

// RFC 7247 §7 row by row: our tables have all that the file's columns say.
TEST(TranslateVectors, Errors) {
    const json::value file = load("error-map.json");
    const auto results = results_of(file);
    for (const json::value& row : file.at("xmpp_to_sip").as_array()) {
        const std::string id = "xmpp_to_sip:" + std::string(row.at("condition").as_string());
        const json::value& result = results.at(id);
        EXPECT_EQ(result.at("bare_jid"), row.at("bare_jid")) << id;
        EXPECT_EQ(result.at("full_jid"), row.at("full_jid")) << id;
        for (std::string_view kind : {"bare_jid", "full_jid"}) {
            EXPECT_EQ(result.at("recommended_for_non_invite").at(kind),
                      row.at("recommended_for_non_invite").at(kind))
                << id;
        }
        const json::array& types = row.at("error_types_rfc6120").as_array();
        EXPECT_NE(std::find(types.begin(), types.end(), result.at("error_type")), types.end())
            << id;
    }
    for (const json::value& row : file.at("sip_to_xmpp").as_array()) {
        const std::string id = "sip_to_xmpp:" + std::to_string(row.at("code").as_int64());
        EXPECT_EQ(results.at(id).at("condition"), row.at("condition")) << id;
        EXPECT_EQ(results.at(id).at("error_type"), row.at("error_type")) << id;
    }
    for (const auto& [family, row] : file.at("sip_to_xmpp_class_default").as_object()) {
        if (row.is_object()) {
            const std::string id = "sip_to_xmpp_class_default:" + std::string(family);
            EXPECT_EQ(results.at(id).at("condition"), row.at("condition")) << id;
            EXPECT_EQ(results.at(id).at("error_type"), row.at("error_type")) << id;
        }
    }
    for (std::string_view name : {"no_such_domain", "no_connection"}) {
        EXPECT_EQ(results.at("dns_failure:" + std::string(name)).at("condition"),
                  file.at("dns_failure").at(name).at("condition"));
    }
    EXPECT_EQ(results.at("no_response").at("condition"), file.at("no_response").at("condition"));
    EXPECT_EQ(results.at("xmpp_to_sip_default").at("unknown_condition"),
              file.at("xmpp_to_sip_default").at("unknown_condition"));
}

TEST(TranslateCases, RefusesWhatIsNoCaseFile) {
    std::string out;
    std::string fault;
    EXPECT_FALSE(app::translate_cases("{\"cases\": [", out, fault));
    EXPECT_FALSE(fault.empty());
    EXPECT_FALSE(app::translate_cases("{}", out, fault));
    EXPECT_TRUE(app::translate_cases("{\"cases\": [{\"id\": \"x\"}, 7, null],}", out, fault));
    EXPECT_EQ(app::run_translate_cases("/nonexistent/cases.json", stdout), 2);
}

}  // namespace

}  // namespace isthmus::tests
