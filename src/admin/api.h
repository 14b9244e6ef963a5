// The admin API of this stage as one function from request to answer: partners, policies, access
// edge, gateway, status, revisions. api/openapi.yaml describes it. Control thread only.
#pragma once

#include "admin/http.h"
#include "control/policy_service.h"
#include "control/status_service.h"

#include <functional>

namespace isthmus::admin {

struct ApiServices {
    control::PolicyService& policies;
    control::ReadStatus read_status;
    /// Reload of the boot file (log level, certificates), as SIGHUP does; the error text if it
    /// failed.
    std::function<Result<void>()> reload;
};

class Api {
  public:
    explicit Api(ApiServices services) : services_(std::move(services)) {}

    HttpResponse handle(const HttpRequest& request);

  private:
    HttpResponse partners(const HttpRequest& request, std::string_view rest);
    HttpResponse partner(const HttpRequest& request, std::string_view domain);
    HttpResponse partner_action(const HttpRequest& request,
                                std::string_view domain,
                                std::string_view action);
    HttpResponse policies(const HttpRequest& request, std::string_view rest);
    HttpResponse access_edge(const HttpRequest& request);
    HttpResponse gateway(const HttpRequest& request);
    HttpResponse status(const HttpRequest& request);
    HttpResponse revisions(const HttpRequest& request);
    HttpResponse reload(const HttpRequest& request);

    ApiServices services_;
};

/// RFC 9457 problem details with our code, step and fix.
HttpResponse problem(const Error& error);

/// /metrics, /healthz (the process lives), /readyz (it carries traffic).
HttpHandler make_health_pages(std::function<std::string()> render_metrics,
                              control::ReadStatus read_status);

}  // namespace isthmus::admin
