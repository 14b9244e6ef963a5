// GET and POST /contacts, DELETE /contacts/USER/CONTACT. Changes are answered when they are stored.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

std::string standing(const std::string& known) {
    return known.empty() ? "none" : known;
}

json::object json_of(const control::ContactStatus& contact) {
    return {
        {"contact", contact.contact},
        {"user", contact.user},
        {"partner", contact.partner},
        {"sip_watches_xmpp", standing(contact.sip_watches_xmpp)},
        {"xmpp_watches_sip", standing(contact.xmpp_watches_sip)},
        {"state", contact.state},
        {"why", contact.why},
        {"code", contact.code},
        {"subscription", contact.subscription},
        {"since", contact.since == 0 ? json::value() : json::value(utc_text(contact.since))},
    };
}

HttpResponse list_answer(const Result<std::vector<control::ContactStatus>>& found) {
    if (!found) {
        return problem(found.error());
    }
    json::array items;
    for (const control::ContactStatus& contact : *found) {
        items.push_back(json_of(contact));
    }
    return answer_all(std::move(items));
}

void list(const control::ContactService& service, const HttpRequest& request, HttpReply reply) {
    const auto user = request.query.find("user");
    service.list(user == request.query.end() ? "" : user->second,
                 [reply = std::move(reply)](const auto& found) { reply(list_answer(found)); });
}

control::ContactService::Done when_done(std::string user,
                                        std::string contact,
                                        int status,
                                        HttpReply reply) {
    return [user = std::move(user), contact = std::move(contact), status, reply = std::move(reply)](
               const Result<void>& done) {
        reply(done ? answer(json::object{{"user", user}, {"contact", contact}}, status)
                   : problem(done.error()));
    };
}

void add(control::ContactService& service, const HttpRequest& request, HttpReply reply) {
    const auto body = parse_body(request);
    if (!body) {
        reply(problem(body.error()));
        return;
    }
    if (auto good = only_fields(*body, {"user", "contact"}); !good) {
        reply(problem(good.error()));
        return;
    }
    const auto user = required_text(*body, "user");
    const auto contact = required_text(*body, "contact");
    if (!user || !contact) {
        reply(problem(user ? contact.error() : user.error()));
        return;
    }
    service.add(*user, *contact, request.author, when_done(*user, *contact, 201, std::move(reply)));
}

}  // namespace

Resource make_contact_resource(control::ContactService& contacts) {
    return [&contacts](const HttpRequest& request, std::string_view rest, HttpReply reply) {
        if (rest.empty()) {
            if (request.method == "POST") {
                add(contacts, request, std::move(reply));
            } else if (request.method == "GET") {
                list(contacts, request, std::move(reply));
            } else {
                reply(wrong_method("GET, POST"));
            }
            return;
        }
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos) {
            reply(not_found(request.path));
            return;
        }
        if (request.method != "DELETE") {
            reply(wrong_method("DELETE"));
            return;
        }
        const std::string user(rest.substr(0, slash));
        const std::string contact(rest.substr(slash + 1));
        contacts.remove(
            user, contact, request.author, when_done(user, contact, 200, std::move(reply)));
    };
}

}  // namespace isthmus::admin
