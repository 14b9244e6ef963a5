#include "admin/certificate_resource.h"

#include "admin/answers.h"
#include "admin/fields.h"
#include "base/text.h"
#include "control/certificate_checks.h"
#include "control/certificate_orders.h"
#include "control/properties.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kFriendlyName = 256;
constexpr std::size_t kAddress = 300;  ///< HOST:PORT
constexpr std::size_t kProtocol = 16;

HttpResponse with_etag(const json::object& object, const std::string& etag) {
    HttpResponse response = answer(object);
    response.headers.emplace_back("ETag", etag);
    return response;
}

HttpResponse done_with(const control::CertificateService& certificates,
                       const Result<control::Committed>& result,
                       int status = 200) {
    HttpResponse response = committed(result, status);
    if (!result) {
        return response;
    }
    // What is shown of a certificate changes with the days; its ETag is of what is stored.
    std::erase_if(response.headers, [](const auto& field) { return field.first == "ETag"; });
    const json::value* name = result->object.if_contains("name");
    if (name != nullptr && name->is_string() && !result->is_dry_run) {
        if (const auto found = certificates.find(name->get_string())) {
            response.headers.emplace_back("ETag", control::CertificateService::etag_of(**found));
        }
    }
    return response;
}

HttpResponse list(const control::CertificateService& certificates, const HttpRequest& request) {
    const std::string state = query_of(request, "state");
    const std::string thumbprint = query_of(request, "thumbprint");
    if (!state.empty() && std::ranges::find(control::kStates, state) == control::kStates.end()) {
        return problem(make_error(ErrorKind::Syntax,
                                  "IST-API-001",
                                  fmt::format("state '{}' is none of {}.",
                                              text::escape_for_log(state, 80),
                                              fmt::join(control::kStates, ", ")),
                                  {}));
    }
    json::array items;
    for (const auto& [name, one] : certificates.all()) {
        json::object shown = certificates.shown(one);
        if (!state.empty() && shown.at("state").as_string() != state) {
            continue;
        }
        if (!thumbprint.empty() && (!one.facts || (one.facts->thumbprint != thumbprint &&
                                                   one.facts->names.sha256 != thumbprint))) {
            continue;
        }
        items.push_back(std::move(shown));
    }
    const std::size_t total = items.size();
    return answer(json::object{{"items", std::move(items)}, {"total", total}});
}

HttpResponse request_text(const control::KnownCertificate& one) {
    if (one.document.csr.empty()) {
        return problem(make_error(
            ErrorKind::NotFound,
            "IST-API-002",
            fmt::format("The certificate '{}' was not requested here.", one.document.name),
            {}));
    }
    return answer(json::object{{"name", one.document.name}, {"csr", one.document.csr}});
}

HttpResponse one_certificate(control::CertificateService& certificates,
                             const HttpRequest& request) {
    const std::string& name = request.arguments.front();
    const auto found = certificates.find(name);
    if (!found) {
        return problem(found.error());
    }
    if (request.verb == "csr") {
        return request_text(**found);
    }
    if (request.method == "GET") {
        return with_etag(certificates.shown(**found),
                         control::CertificateService::etag_of(**found));
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    if (request.method == "DELETE") {
        return done_with(certificates, certificates.erase(name, *edit));
    }
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    std::string friendly;
    control::Properties from(*body);
    from.text("friendly_name", friendly, kFriendlyName);
    if (!body->contains("friendly_name")) {
        from.fail_alone("friendly_name", "is required.");
    }
    const auto good = from.finish();
    return good ? done_with(certificates, certificates.rename(name, friendly, *edit))
                : problem(good.error());
}

/// Body and edit of a request that makes something; the reply if they are no good.
template <class Work>
void with_order(const HttpRequest& request, const HttpReply& reply, Work work) {
    const auto body = parse_body(request);
    const auto edit = edit_of(request);
    if (!body || !edit) {
        reply(problem(!body ? body.error() : edit.error()));
        return;
    }
    work(*body, *edit);
}

Resource make_request_resource(control::CertificateService& certificates) {
    return [&certificates](const HttpRequest& request, std::string_view, const HttpReply& reply) {
        with_order(request, reply, [&](const json::object& body, const control::Edit& edit) {
            auto order = control::read_request(body, certificates.served());
            if (!order) {
                reply(problem(order.error()));
                return;
            }
            certificates.request(
                *std::move(order), edit, [&certificates, reply](Result<control::Committed> made) {
                    if (made && !made->is_dry_run) {
                        const auto found = certificates.find(made->object.at("name").as_string());
                        made->object["csr"] = found ? (*found)->document.csr : "";
                    }
                    reply(done_with(certificates, made, 201));
                });
        });
    };
}

Resource make_import_resource(control::CertificateService& certificates) {
    return [&certificates](const HttpRequest& request, std::string_view, const HttpReply& reply) {
        with_order(request, reply, [&](const json::object& body, const control::Edit& edit) {
            auto order = control::read_import(body);
            if (!order) {
                reply(problem(order.error()));
                return;
            }
            certificates.import(*std::move(order),
                                edit,
                                [&certificates, reply](const Result<control::Committed>& made) {
                                    reply(done_with(certificates, made));
                                });
        });
    };
}

Resource make_watch_resource(const CertificateServices& services) {
    return [&services](const HttpRequest& request, std::string_view, const HttpReply& reply) {
        with_order(request, reply, [&](const json::object& body, const control::Edit& edit) {
            const auto order = control::read_watch(body);
            reply(order ? done_with(services.certificates, services.watch.add(*order, edit))
                        : problem(order.error()));
        });
    };
}

Resource make_served_resource(const CertificateServices& services) {
    return [&services](const HttpRequest& request, std::string_view, const HttpReply& reply) {
        const auto body = parse_body(request);
        if (!body) {
            reply(problem(body.error()));
            return;
        }
        std::string address;
        std::string protocol;
        std::string name;
        control::Properties from(*body);
        from.text("address", address, kAddress);
        from.text("protocol", protocol, kProtocol);
        from.fqdn("name", name);
        if (const auto good = from.finish(); !good) {
            reply(problem(good.error()));
            return;
        }
        services.ask_served(address, protocol, name, [reply](const Result<json::object>& shown) {
            reply(shown ? answer(*shown) : problem(shown.error()));
        });
    };
}

json::object shown_use(const CertificateServices& services, control::Use use) {
    json::object made = services.certificates.shown(use);
    services.add_state(use, made);
    return made;
}

HttpResponse one_use(const CertificateServices& services, const HttpRequest& request) {
    const auto use = control::use_named(request.arguments.front());
    if (!use) {
        return problem(make_error(
            ErrorKind::NotFound, "IST-API-002", "There are the uses sip, xmpp-s2s and admin.", {}));
    }
    control::CertificateService& certificates = services.certificates;
    if (request.method == "GET") {
        return with_etag(shown_use(services, *use), certificates.etag_of(*use));
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    const auto respond = [&](Result<control::Committed> made) {
        if (made) {
            made->object.erase("effective_seconds");  // of the document only
        }
        HttpResponse response = done_with(certificates, made);
        if (made) {
            response.headers.emplace_back("ETag", certificates.etag_of(*use));
        }
        return response;
    };
    if (request.method == "DELETE") {
        const auto is_previous = flag_of(request, "previous", false);
        return is_previous ? respond(certificates.unassign(*use, *is_previous, *edit))
                           : problem(is_previous.error());
    }
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    const auto order = control::read_assignment(*body);
    return order ? respond(certificates.assign(*use, *order, *edit)) : problem(order.error());
}

}  // namespace

void add_certificate_resources(const CertificateServices& services,
                               std::map<std::string, Resource, std::less<>>& to) {
    to["certificates"] = at_once([&services](const HttpRequest& request, std::string_view) {
        return request.arguments.empty() ? list(services.certificates, request)
                                         : one_certificate(services.certificates, request);
    });
    to["certificates:request"] = make_request_resource(services.certificates);
    to["certificates:import"] = make_import_resource(services.certificates);
    to["certificates:watch"] = make_watch_resource(services);
    to["certificates:served"] = make_served_resource(services);
    to["certificate-uses"] = at_once([&services](const HttpRequest& request, std::string_view) {
        if (!request.arguments.empty()) {
            return one_use(services, request);
        }
        json::array items;
        for (const control::Use use : control::kUses) {
            items.push_back(shown_use(services, use));
        }
        return answer(json::object{{"items", std::move(items)}, {"total", control::kUses.size()}});
    });
}

}  // namespace isthmus::admin
