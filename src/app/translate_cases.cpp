#include "app/translate_cases.h"

#include "app/case_values.h"
#include "translate/address.h"
#include "translate/error.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

namespace isthmus::app {

namespace {

using namespace cases;
using translate::Scheme;
using xmpp::StanzaError;

void append_result(std::string& out, const json::value& id, json::object result) {
    out.append(json::serialize(json::object{{"id", id}, {"result", std::move(result)}}));
    out.push_back('\n');
}

// --- addresses --------------------------------------------------------------------------------

json::object rejected(translate::AddressFault fault, bool is_from_sip) {
    json::object reject{{"reason", to_json(translate::fault_name(fault))}};
    if (is_from_sip) {
        reject["sip_status"] = translate::status_of(fault);
    } else {
        reject["xmpp_error"] = to_json(xmpp::condition_name(xmpp::Condition::JidMalformed));
    }
    return {{"reject", std::move(reject)}};
}

json::object address_to_xmpp(std::string_view uri) {
    Arena arena;
    const auto mapped = translate::to_jid(uri, arena);
    if (!mapped) {
        return rejected(mapped.error(), true);
    }
    json::object result{{"jid", to_json(mapped->jid.full())},
                        {"translate_request", !mapped->is_sips}};
    json::array lossy;
    for (const std::string& loss : translate::losses(uri, *mapped)) {
        lossy.push_back(to_json(loss));
    }
    if (!lossy.empty()) {
        result["lossy"] = std::move(lossy);
    }
    return result;
}

json::object address_to_sip(std::string_view text, const json::value* options) {
    Arena arena;
    const auto jid = translate::read_jid(text, arena);
    if (!jid) {
        return rejected(jid.error(), false);
    }
    translate::UriForm form;
    form.with_resource = is_true(options, "map_resource", true);
    const std::string_view scheme = text_of(options, "scheme");
    form.scheme = scheme == "sips"   ? Scheme::Sips
                  : scheme == "im"   ? Scheme::Im
                  : scheme == "pres" ? Scheme::Pres
                                     : Scheme::Sip;
    const auto uri = translate::to_uri(*jid, arena, form);
    return uri ? json::object{{"uri", to_json(*uri)}} : rejected(uri.error(), false);
}

// --- errors -----------------------------------------------------------------------------------

json::array statuses(const translate::Statuses& given) {
    json::array out;
    for (const int status : given) {
        if (status != 0) {
            out.push_back(status);
        }
    }
    return out;
}

/// A row of the table towards SIP, in the words of error-map.json.
json::object condition_row(std::string_view name) {
    const auto condition = xmpp::condition_of(name).value_or(xmpp::Condition::UndefinedCondition);
    const translate::ConditionRow& row = translate::row_of(condition);
    json::object result{
        {"condition", to_json(name)},
        {"error_type", to_json(xmpp::error_type_name(xmpp::default_type(condition)))},
        {"bare_jid", statuses(row.bare_jid)},
        {"full_jid", statuses(row.full_jid)},
        {"recommended_for_non_invite",
         json::object{{"bare_jid", statuses(row.advised_bare_jid)},
                      {"full_jid", statuses(row.advised_full_jid)}}}};
    // What a MESSAGE is really answered, headers and all.
    Arena arena;
    for (const bool is_full : {false, true}) {
        StanzaError error = StanzaError::of(condition);
        error.new_address = "xmpp:new@example.com";
        const auto refusal = translate::to_sip(error, is_full, arena);
        json::array headers;
        for (const auto& header : refusal.response().headers) {
            headers.push_back(to_json(header.name));
        }
        json::object answer{{"status", refusal.status}};
        if (!headers.empty()) {
            answer["headers"] = std::move(headers);
        }
        result[is_full ? "answer_full_jid" : "answer_bare_jid"] = std::move(answer);
    }
    return result;
}

json::object error_facts(const StanzaError& error) {
    return {{"condition", to_json(xmpp::condition_name(error.condition))},
            {"error_type", to_json(xmpp::error_type_name(error.type))}};
}

json::object status_row(int status) {
    json::object result = error_facts(translate::to_xmpp(status));
    result["code"] = status;
    return result;
}

StanzaError error_of(ErrorKind kind, std::string_view code = {}) {
    return translate::to_xmpp(make_error(kind, code, "", ""));
}

json::value id_of(const json::value& row, std::string_view otherwise) {
    const json::value* id = member(&row, "id");
    return id != nullptr ? *id : to_json(otherwise);
}

/// error-map.json has tables instead of cases; a row without an id is called after its key.
void append_error_tables(const json::value& file, std::string& out) {
    if (const json::value* rows = member(&file, "xmpp_to_sip");
        rows != nullptr && rows->is_array()) {
        for (const json::value& row : rows->get_array()) {
            const std::string name(text_of(&row, "condition"));
            append_result(out, id_of(row, "xmpp_to_sip:" + name), condition_row(name));
        }
    }
    if (const json::value* rows = member(&file, "sip_to_xmpp");
        rows != nullptr && rows->is_array()) {
        for (const json::value& row : rows->get_array()) {
            const auto code = static_cast<int>(number_of(&row, "code"));
            append_result(out, id_of(row, "sip_to_xmpp:" + std::to_string(code)), status_row(code));
        }
    }
    if (member(&file, "xmpp_to_sip_default") != nullptr) {
        append_result(out,
                      "xmpp_to_sip_default",
                      {{"unknown_condition",
                        translate::row_of(xmpp::Condition::UndefinedCondition).bare_jid[0]}});
    }
    if (member(&file, "sip_to_xmpp_class_default") != nullptr) {
        for (const int code : {399, 499, 599, 699}) {
            append_result(out,
                          to_json("sip_to_xmpp_class_default:" + std::to_string(code / 100) + "xx"),
                          error_facts(translate::to_xmpp(code)));
        }
    }
    if (member(&file, "no_response") != nullptr) {
        append_result(out, "no_response", error_facts(error_of(ErrorKind::Timeout)));
    }
    if (member(&file, "dns_failure") != nullptr) {
        append_result(out,
                      "dns_failure:no_such_domain",
                      error_facts(error_of(ErrorKind::Unreachable, "IST-DNS-001")));
        append_result(out,
                      "dns_failure:no_connection",
                      error_facts(error_of(ErrorKind::Unreachable, "IST-TCP-001")));
    }
}

// --- cases ------------------------------------------------------------------------------------

json::object run_case(const json::value& one) {
    const std::string_view direction = text_of(&one, "dir");
    const json::value* given = member(&one, "given");
    const json::value* config = member(&one, "config");
    if (config == nullptr) {
        config = member(given, "config");
    }
    if (member(&one, "input") != nullptr) {
        const std::string_view input = text_of(&one, "input");
        return direction == "sip-to-xmpp" ? address_to_xmpp(input)
                                          : address_to_sip(input, member(&one, "options"));
    }
    if (direction == "xmpp-to-sip" && member(given, "stanza") != nullptr) {
        return message_to_sip_case(*given, config);
    }
    if (direction == "sip-to-xmpp" && member(given, "sip") != nullptr) {
        return message_to_xmpp_case(*given, config);
    }
    if (direction == "xmpp-to-pidf" && given != nullptr) {
        return presence_to_pidf_case(*given);
    }
    if (direction == "pidf-to-xmpp" && given != nullptr) {
        return pidf_to_presence_case(*given, member(&one, "expect"));
    }
    for (const json::value* where : {&one, given}) {
        if (const std::string_view name = text_of(where, "condition"); !name.empty()) {
            return condition_row(name);
        }
        if (member(where, "code") != nullptr) {
            return status_row(static_cast<int>(number_of(where, "code")));
        }
    }
    return {{"skipped", "not part of the translation layer"}};
}

}  // namespace

bool translate_cases(std::string_view text, std::string& out, std::string& fault) {
    json::parse_options options;
    options.allow_trailing_commas = true;
    options.allow_comments = true;
    json::error_code error;
    const json::value file = json::parse(text, error, {}, options);
    if (error) {
        fault = error.message();
        return false;
    }
    const json::value* list = file.is_array() ? &file : member(&file, "cases");
    append_error_tables(file, out);
    if (list != nullptr && list->is_array()) {
        for (const json::value& one : list->get_array()) {
            append_result(out, id_of(one, ""), run_case(one));
        }
    } else if (out.empty()) {
        fault = "neither cases nor error tables in the file";
        return false;
    }
    return true;
}

int run_translate_cases(const std::string& file, std::FILE* out) {
    constexpr int kInvalid = 2;
    std::string text;
    const auto close = [](std::FILE* open) { std::fclose(open); };
    const std::unique_ptr<std::FILE, decltype(close)> in(std::fopen(file.c_str(), "rb"), close);
    if (in == nullptr) {
        std::fprintf(stderr, "%s: cannot be opened\n", file.c_str());
        return kInvalid;
    }
    std::array<char, 65536> chunk{};
    while (std::feof(in.get()) == 0 && std::ferror(in.get()) == 0) {
        text.append(chunk.data(), std::fread(chunk.data(), 1, chunk.size(), in.get()));
    }
    std::string results;
    std::string fault;
    if (!translate_cases(text, results, fault)) {
        std::fprintf(stderr, "%s: %s\n", file.c_str(), fault.c_str());
        return kInvalid;
    }
    std::fwrite(results.data(), 1, results.size(), out);
    return 0;
}

}  // namespace isthmus::app
