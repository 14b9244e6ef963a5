#include "vector_compare.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <regex>

namespace isthmus::tests {

namespace {

namespace json = boost::json;
using Faults = std::vector<std::string>;

// Said for people, or for the harness that plays the other side.
constexpr std::array<std::string_view, 16> kCommentary{"note",
                                                       "then",
                                                       "after",
                                                       "given_times_ms",
                                                       "max_notifies_in_5s",
                                                       "final_state_only",
                                                       "no_dialog",
                                                       "event_override",
                                                       "xhtml_im_optional",
                                                       "from_also",
                                                       "may_be_absent",
                                                       "optional",
                                                       "priority_tolerance",
                                                       "ref",
                                                       "why",
                                                       "hint"};

const json::value* member(const json::value* value, std::string_view name) {
    const json::object* object = value == nullptr ? nullptr : value->if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

bool is_absent(const json::value* value) {
    return value == nullptr || value->is_null() ||
           (value->is_array() && value->get_array().empty());
}

std::string shown(const json::value* value) {
    return value == nullptr ? "nothing" : json::serialize(*value);
}

std::string text_of(const json::value* value) {
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

double number_of(const json::value* value) {
    return value != nullptr && value->is_number() ? value->to_number<double>() : NAN;
}

bool holds(const json::value* array, const json::value& item) {
    return array != nullptr && array->is_array() &&
           std::ranges::find(array->get_array(), item) != array->get_array().end();
}

/// `text` as it would stand inside a JSON string.
std::string quoted(const json::value& text) {
    const std::string whole = json::serialize(text);
    return whole.substr(1, whole.size() - 2);
}

class Comparison {
  public:
    explicit Comparison(std::string_view raw) : raw_(raw) {}

    Faults object(const json::object& expect, const json::value* result) const {
        Faults faults;
        if (result == nullptr || !result->is_object()) {
            return {"no object: " + shown(result)};
        }
        for (const auto& [key, wanted] : expect) {
            const std::string_view name = key;
            if (std::ranges::find(kCommentary, name) != kCommentary.end()) {
                continue;
            }
            for (const std::string& fault : one(name, wanted, expect, *result)) {
                faults.push_back(std::string(name).append(": ").append(fault));
            }
        }
        return faults;
    }

  private:
    Faults one(std::string_view name,
               const json::value& wanted,
               const json::object& expect,
               const json::value& result) const {
        if (const auto special = special_rules().find(name); special != special_rules().end()) {
            return special->second(*this, wanted, result);
        }
        const auto base = [name](std::string_view suffix) {
            return name.substr(0, name.size() - suffix.size());
        };
        if (name.ends_with("_any_of")) {
            return any_of(wanted, member(&result, base("_any_of")));
        }
        if (name.ends_with("_contains")) {
            const std::string text = text_of(member(&result, base("_contains")));
            return check(text.find(text_of(&wanted)) != std::string::npos, text);
        }
        if (name.ends_with("_regex")) {
            return matches(wanted, member(&result, base("_regex")));
        }
        const json::value* given = member(&result, name);
        if (name == "priority" && expect.contains("priority_tolerance")) {
            const double tolerance = number_of(&expect.at("priority_tolerance")) + 1e-9;
            return check(std::abs(number_of(given) - number_of(&wanted)) <= tolerance,
                         shown(given));
        }
        return value(wanted, given);
    }

    Faults value(const json::value& wanted, const json::value* given) const {
        if (is_absent(&wanted)) {
            return check(is_absent(given), shown(given) + " must be absent");
        }
        if (wanted.is_object()) {
            return object(wanted.get_object(), given);
        }
        const bool is_list_of_objects = wanted.is_array() && wanted.get_array().front().is_object();
        if (!is_list_of_objects) {
            return check(given != nullptr && *given == wanted,
                         shown(given) + " instead of " + shown(&wanted));
        }
        if (given == nullptr || !given->is_array() ||
            given->get_array().size() != wanted.get_array().size()) {
            return {shown(given)};
        }
        Faults faults;
        for (std::size_t i = 0; i < wanted.get_array().size(); ++i) {
            const Faults more = value(wanted.get_array()[i], &given->get_array()[i]);
            faults.insert(faults.end(), more.begin(), more.end());
        }
        return faults;
    }

    Faults any_of(const json::value& choices, const json::value* given) const {
        const bool is_one =
            std::ranges::any_of(choices.get_array(), [&](const json::value& choice) {
                const bool is_wildcard = choice.is_string() && choice.get_string() == "*";
                return is_wildcard ? !is_absent(given) : value(choice, given).empty();
            });
        return check(is_one, shown(given));
    }

    static Faults matches(const json::value& pattern, const json::value* given) {
        // std::regex works on octets: what stands for a control becomes one of them.
        const std::string text =
            std::regex_replace(text_of(given), std::regex("\xEF\xBF\xBD"), "?");
        return check(std::regex_search(text, std::regex(text_of(&pattern))), text);
    }

    /// Each wanted item is met by another one of the result, and nothing is left over.
    Faults set(const json::value& wanted, const json::value* given) const {
        std::vector<json::value> left;
        if (given != nullptr && given->is_array()) {
            left.assign(given->get_array().begin(), given->get_array().end());
        }
        Faults faults;
        for (const json::value& item : wanted.get_array()) {
            const auto found = std::ranges::find_if(left, [&](const json::value& candidate) {
                json::object rules = item.get_object();
                const json::value* from = member(&candidate, "from");
                if (from != nullptr && holds(member(&item, "from_also"), *from)) {
                    rules["from"] = *from;
                }
                return object(rules, &candidate).empty();
            });
            if (found != left.end()) {
                left.erase(found);
            } else if (member(&item, "optional") == nullptr &&
                       member(&item, "may_be_absent") == nullptr) {
                faults.push_back("missing " + shown(&item) + " in " + shown(given));
            }
        }
        for (const json::value& extra : left) {
            faults.push_back("extra " + shown(&extra));
        }
        return faults;
    }

    Faults nowhere(const json::value& texts) const {
        Faults faults;
        for (const json::value& text : texts.get_array()) {
            if (raw_.find(quoted(text)) != std::string_view::npos) {
                faults.push_back("found " + shown(&text));
            }
        }
        return faults;
    }

    static Faults check(bool is_good, std::string fault) {
        return is_good ? Faults{} : Faults{std::move(fault)};
    }

    static Faults subset(const json::value& wanted, const json::value* given) {
        return check(
            std::ranges::all_of(wanted.get_array(),
                                [given](const json::value& item) { return holds(given, item); }),
            shown(given));
    }

    using Rule = std::function<Faults(const Comparison&, const json::value&, const json::value&)>;

    static const std::map<std::string, Rule, std::less<>>& special_rules() {
        using V = const json::value&;
        using C = const Comparison&;
        static const std::map<std::string, Rule, std::less<>> kRules{
            {"any_of",
             [](C self, V wanted, V result) {
                 Faults all;
                 for (const json::value& outcome : wanted.get_array()) {
                     const Faults faults = self.object(outcome.get_object(), &result);
                     if (faults.empty()) {
                         return faults;
                     }
                     all.insert(all.end(), faults.begin(), faults.end());
                 }
                 return all;
             }},
            {"tuples",
             [](C self, V wanted, V r) { return self.set(wanted, member(&r, "tuples")); }},
            {"stanzas",
             [](C self, V wanted, V r) { return self.set(wanted, member(&r, "stanzas")); }},
            {"raw_not", [](C self, V wanted, V) { return self.nowhere(wanted); }},
            {"contact_not", [](C self, V wanted, V) { return self.nowhere(wanted); }},
            {"stanza_text_not", [](C self, V wanted, V) { return self.nowhere(wanted); }},
            {"from_never", [](C self, V wanted, V) { return self.nowhere(json::array{wanted}); }},
            {"type_not",
             [](C, V wanted, V r) {
                 const json::value* type = member(&r, "type");
                 return check(type == nullptr || !holds(&wanted, *type), shown(type));
             }},
            {"never",
             [](C, V wanted, V r) { return check(!holds(&wanted, r.at("sip_response")), ""); }},
            {"answered_within_ms",
             [](C, V wanted, V r) {
                 const json::value* given = member(&r, "answered_within_ms");
                 return check(number_of(given) <= number_of(&wanted), shown(given));
             }},
            {"call_id_max",
             [](C, V wanted, V r) {
                 const std::string id = text_of(member(&r, "call_id"));
                 return check(!id.empty() && static_cast<double>(id.size()) <= number_of(&wanted),
                              id);
             }},
            {"min_tuples",
             [](C, V wanted, V r) {
                 return check(static_cast<double>(r.at("pidf").at("tuples").get_array().size()) >=
                                  number_of(&wanted),
                              "");
             }},
            {"exact_stanzas",
             [](C, V wanted, V r) {
                 return check(
                     static_cast<double>(r.at("stanzas").get_array().size()) == number_of(&wanted),
                     "");
             }},
            {"forbid_available",
             [](C, V, V r) {
                 const json::value* all = member(&r, "stanzas");
                 return check(all == nullptr ||
                                  std::ranges::all_of(all->get_array(),
                                                      [](const json::value& stanza) {
                                                          return member(&stanza, "type") != nullptr;
                                                      }),
                              shown(all));
             }},
            {"header_count",
             [](C self, V wanted, V r) {
                 return self.object(wanted.get_object(), member(&r, "header_count"));
             }},
            {"absent_headers",
             [](C, V wanted, V r) { return subset(wanted, member(&r, "absent_headers")); }},
            {"response_absent_headers",
             [](C, V wanted, V r) {
                 return subset(wanted, member(&r, "response_absent_headers"));
             }},
            {"allow_includes",
             [](C, V wanted, V r) { return subset(wanted, member(&r, "allow_includes")); }},
            {"sip_response",
             [](C, V wanted, V r) {
                 const json::value& given = r.at("sip_response");
                 return check(wanted.is_array() ? holds(&wanted, given) : wanted == given,
                              shown(&given));
             }},
        };
        return kRules;
    }

    std::string_view raw_;
};

TEST(VectorCompare, FindsWhatIsWrong) {
    const auto faults = [](std::string_view expect, std::string_view result) {
        const json::value parsed = json::parse(result);
        return compare(json::parse(expect).as_object(), &parsed, result).size();
    };
    EXPECT_EQ(faults(R"({"a": null, "b": 1})", R"({"b": 1, "c": 2})"), 0U);
    EXPECT_EQ(faults(R"({"a": null, "b": 1})", R"({"a": 1, "b": 2})"), 2U);
    EXPECT_EQ(faults(R"({"a_any_of": [null, "x"]})", R"({})"), 0U);
    EXPECT_EQ(faults(R"({"a_any_of": ["y", "x"]})", R"({})"), 1U);
    EXPECT_EQ(faults(R"({"a_contains": "mid"})", R"({"a": "amidst"})"), 0U);
    EXPECT_EQ(faults(R"({"a_regex": "^m.d$"})", R"({"a": "mad!"})"), 1U);
    EXPECT_EQ(faults(R"({"raw_not": ["evil"]})", R"({"deep": {"er": "an evil"}})"), 1U);
    EXPECT_EQ(faults(R"({"any_of": [{"a": 1}, {"a": 2}]})", R"({"a": 2})"), 0U);
    EXPECT_EQ(faults(R"({"stanzas": [{"from": "a"}]})", R"({"stanzas": [{"from": "a"}, {}]})"), 1U);
}

}  // namespace

Faults compare(const json::object& expect, const json::value* result, std::string_view raw) {
    return Comparison(raw).object(expect, result);
}

}  // namespace isthmus::tests
