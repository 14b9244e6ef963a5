#include "admin/api.h"

#include "admin/answers.h"

#include <cstddef>
#include <string_view>
#include <utility>

namespace isthmus::admin {

Api::Api(const ApiServices& services)
    : resources_{
          {"partners", make_partner_resource(services.policies)},
          {"policies", make_policy_resource(services.policies)},
          {"access-edge", make_access_edge_resource(services.policies)},
          {"gateway", make_gateway_resource(services.policies)},
          {"revisions", make_revision_resource(services.policies)},
          {"subscriptions", make_subscription_resource(services.subscriptions)},
          {"contacts", make_contact_resource(services.contacts)},
          {"status", make_status_resource(services.read_status)},
          {"config:reload", make_reload_resource(services.reload)},
      } {}

void Api::handle(const HttpRequest& request, HttpReply reply) const {
    constexpr std::string_view kPrefix = "/api/v1/";
    std::string_view path = request.path;
    if (!path.starts_with(kPrefix)) {
        reply(not_found(path));
        return;
    }
    path.remove_prefix(kPrefix.size());
    const std::size_t slash = path.find('/');
    const auto resource = resources_.find(path.substr(0, slash));
    if (resource == resources_.end()) {
        reply(not_found(request.path));
        return;
    }
    const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    resource->second(request, rest, std::move(reply));
}

Resource at_once(std::function<HttpResponse(const HttpRequest&, std::string_view rest)> handle) {
    return [handle = std::move(handle)](const HttpRequest& request,
                                        std::string_view rest,
                                        const HttpReply& reply) { reply(handle(request, rest)); };
}

Resource single(std::function<HttpResponse(const HttpRequest&)> handle) {
    return at_once([handle = std::move(handle)](const HttpRequest& request, std::string_view rest) {
        return rest.empty() ? handle(request) : not_found(request.path);
    });
}

}  // namespace isthmus::admin
