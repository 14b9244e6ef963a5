#include "home/home.h"

#include "base/log.h"
#include "base/text.h"
#include "translate/address.h"
#include "xmpp/jid.h"

#include <algorithm>
#include <utility>

#include "home/refusals.h"

namespace isthmus::home {

namespace {

using sip::Method;

constexpr std::size_t kUsersOfFlow = 8;
constexpr std::string_view kNotAllowed = "IST-HOME-003";  // of whoever has proved who he is
constexpr Duration kBetweenReports = std::chrono::seconds(1);

/// COMPAT(baresip 1.0, 2026-11): an algorithm that it does not know ends its registration, though
/// RFC 8760 §2.4 has it skip that challenge.
bool knows_only_md5(const sip::Request& request) {
    const std::string_view agent = request.header(sip::HeaderId::UserAgent).value_or("");
    return agent.starts_with("baresip v0.") || agent.starts_with("baresip v1.");
}

metrics::Counter& sign_ins(metrics::Registry& metrics, std::string_view result) {
    return metrics.counter("isthmus_home_sign_ins_total",
                           "Proofs of who signs in to the home server, by result.",
                           {{"result", result}});
}

}  // namespace

Home::Home(
    HomeConfig config, Outside& outside, Timers& timers, Random& random, metrics::Registry& metrics)
    : config_(std::move(config)),
      outside_(outside),
      timers_(timers),
      sign_in_(config_.domains, timers, random),
      registrar_(config_.registrar, timers, random, *this),
      sessions_(
          outside,
          registrar_,
          [this](const sip::Request& request, std::unique_ptr<sip::IncomingRequest> transaction) {
              on_message(request, std::move(transaction), true);
          },
          [this](std::string_view address) {
              const std::string_view domain = address.substr(address.rfind('@') + 1);
              return !is_here(domain) || sign_in_.knows(address);
          },
          timers,
          random,
          metrics),
      forks_(
          outside,
          [this](const Device& device,
                 const sip::OutgoingRequest& request,
                 sip::ResponseHandler& handler,
                 std::uint64_t cookie) { sessions_.send(device, request, handler, cookie); },
          [this](std::uint64_t device, bool has_answered) { on_outcome(device, has_answered); }),
      agent_(
          config_.domains,
          outside,
          registrar_,
          [this](std::uint64_t device, bool has_answered) { on_outcome(device, has_answered); },
          timers,
          random),
      accepted_(sign_ins(metrics, "accepted")),
      refused_(sign_ins(metrics, "refused")),
      devices_gauge_(metrics.gauge("isthmus_home_devices",
                                   "Devices that are signed in to the home server.")) {}

Home::~Home() = default;

void Home::abandon() {
    sessions_.abandon();
    forks_.abandon();
}

bool Home::is_here(std::string_view domain) const {
    return std::ranges::find(config_.domains, domain) != config_.domains.end();
}

/// The account that an address of ours stands for; nothing if it is not ours. Lives in the arena.
std::optional<Caller> Home::caller_of(const sip::Uri& uri) {
    std::string_view host = uri.host;
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    const std::string_view domain = arena_.copy(text::to_lower(host));
    if (!is_here(domain) || !uri.has_user) {
        return std::nullopt;
    }
    const auto jid = translate::to_jid(uri, arena_);
    const auto key = jid ? xmpp::account_key(jid->jid.local, arena_)
                         : Result<std::string_view>(std::string_view());
    if (!key || key->empty()) {
        return std::nullopt;
    }
    return Caller{.key = arena_.concat(*key, "@", domain), .domain = domain};
}

/// Policy decides: a user who is enabled. Only those who were entered have a password.
bool Home::may_sign_in(const Caller& user) const {
    const auto& users = outside_.policy().objects().users;
    const std::string_view local = user.key.substr(0, user.key.size() - user.domain.size() - 1);
    return users == nullptr || users->standings()[users->find(local, user.domain)].enabled;
}

void Home::set_credentials(std::string_view user,
                           std::optional<policy::SipCredentials> credentials) {
    const bool is_gone = !credentials;
    sign_in_.set(user, std::move(credentials));
    if (is_gone) {
        registrar_.dismiss(std::string(user));
    }
    // Whoever signed in by the old one proves himself again.
    for (auto& [flow, users] : flows_) {
        std::erase(users, user);
    }
}

void Home::forget(std::string_view user) {
    set_credentials(user, std::nullopt);
    agent_.forget(user);
}

void Home::restore_all(const std::unordered_map<std::string, policy::SipCredentials>& credentials,
                       const std::vector<KeptDocument>& documents) {
    for (const std::string& user : sign_in_.users()) {
        if (!credentials.contains(user)) {
            set_credentials(user, std::nullopt);
        }
    }
    for (const auto& [user, one] : credentials) {
        if (!sign_in_.has(user, one)) {
            set_credentials(user, one);
        }
    }
    agent_.restore_all(documents);
}

void Home::refuse(sip::IncomingRequest& transaction,
                  const sip::Request& request,
                  const sip::Origin& origin,
                  int status,
                  std::string_view code,
                  std::string_view why) {
    if (code == kNotAllowed) {
        home::refuse(transaction, status, code, outside_.server_name());
    } else {
        transaction.respond(status);  // strangers learn nothing
    }
    refused_.add();
    if (timers_.now() < next_report_) {
        return;  // one line for many: whoever guesses must not fill the log
    }
    next_report_ = timers_.now() + kBetweenReports;
    log::event(log::Level::Warning,
               "home.refused",
               {{"code", code},
                {"msg", why},
                {"method", request.method_text},
                {"from", request.from.uri.text},
                {"remote_addr", origin.remote.to_string()},
                {"transport", sip::transport_name(origin.transport)}});
}

void Home::challenge(const sip::Request& request,
                     const Caller& caller,
                     bool is_stale,
                     sip::IncomingRequest& transaction) {
    // [MS-SIPRE]: Lync clients read a Digest challenge in 407 only.
    const bool is_lync = Registrar::is_from_lync(request);
    const bool is_registrar = request.method == Method::Register && !is_lync;
    const std::vector<std::string> values = sign_in_.challenges(
        caller.domain, is_stale, is_lync || config_.md5_only || knows_only_md5(request));
    std::vector<sip::OutgoingHeader> headers;
    headers.reserve(values.size());
    for (const std::string& value : values) {
        headers.push_back({is_registrar ? "WWW-Authenticate" : "Proxy-Authenticate", value});
    }
    sip::OutgoingResponse response;
    response.status = is_registrar ? 401 : 407;
    response.headers = headers;
    transaction.respond(response);
}

/// True: the sender is `caller`. Else it is answered.
bool Home::authenticate(const sip::Request& request,
                        const sip::Origin& origin,
                        const Caller& caller,
                        sip::IncomingRequest& transaction) {
    const auto flow = flows_.find(origin.flow);
    if (flow != flows_.end() && std::ranges::find(flow->second, caller.key) != flow->second.end()) {
        return true;
    }
    switch (sign_in_.check(request, origin, caller.key, caller.domain)) {
        case SignIn::Verdict::None:
            challenge(request, caller, false, transaction);
            return false;
        case SignIn::Verdict::Stale:
            challenge(request, caller, true, transaction);
            return false;
        case SignIn::Verdict::Wrong:
            // COMPAT(SIPE 1.25, 2026-11): challenged again it asks 32 times, and tells nobody.
            refuse(transaction, request, origin, 403, "IST-HOME-001", "wrong name or password");
            return false;
        case SignIn::Verdict::Locked:
            refuse(transaction, request, origin, 403, "IST-HOME-002", "locked after wrong guesses");
            return false;
        case SignIn::Verdict::Good:
            break;
    }
    if (!may_sign_in(caller)) {
        refuse(transaction, request, origin, 403, kNotAllowed, "the user is disabled");
        return false;
    }
    accepted_.add();
    if (origin.flow != 0) {
        std::vector<std::string>& users = flows_[origin.flow];
        if (users.size() >= kUsersOfFlow) {
            users.erase(users.begin());
        }
        users.emplace_back(caller.key);
        outside_.prove(origin.flow);
    }
    return true;
}

void Home::on_request(const sip::Request& request,
                      const sip::Origin& origin,
                      std::unique_ptr<sip::IncomingRequest> transaction) {
    arena_.reset();
    const auto caller = caller_of(request.from.uri);
    if (!caller) {
        // Somebody else's users come by a configured SIP peer, or not at all.
        return refuse(
            *transaction, request, origin, 403, "IST-AUTH-002", "the sender is no user of ours");
    }
    if (!authenticate(request, origin, *caller, *transaction)) {
        return;
    }
    switch (request.method) {
        case Method::Register: {
            const auto whose = caller_of(request.to.uri);
            if (!whose || whose->key != caller->key) {
                // RFC 3261 §10.3 step 3: nobody registers for somebody else.
                return refuse(*transaction,
                              request,
                              origin,
                              403,
                              kNotAllowed,
                              "a registration for somebody else");
            }
            return registrar_.on_register(request, origin, *caller, *transaction);
        }
        case Method::Message:
            if (request.to.tag()) {
                return sessions_.on_request(request, origin, std::move(transaction));
            }
            return on_message(request, std::move(transaction), false);
        case Method::Invite:
        case Method::Info:
        case Method::Bye:
        case Method::Update:
            return sessions_.on_request(request, origin, std::move(transaction));
        case Method::Subscribe:
            if (caller_of(request.to.uri)) {
                return agent_.on_subscribe(
                    request, *caller, device_of(*caller, origin), std::move(transaction));
            }
            return outside_.pass_to_flows(request, std::move(transaction), false);
        case Method::Service:
            return agent_.on_service(
                request, *caller, device_of(*caller, origin), std::move(transaction));
        case Method::Publish:
            if (const auto whose = caller_of(request.uri); !whose || whose->key != caller->key) {
                return transaction->respond(403);
            }
            return agent_.on_publish(
                request, *caller, device_of(*caller, origin), std::move(transaction));
        case Method::Options:
            return transaction->respond(200);
        default:
            return transaction->respond(405);
    }
}

/// The device that a request came from, if it has registered.
const Device* Home::device_of(const Caller& caller, const sip::Origin& origin) const {
    const auto* devices = registrar_.devices(caller.key);
    if (devices == nullptr) {
        return nullptr;
    }
    for (const auto& device : *devices) {
        const bool is_same = origin.flow != 0
                                 ? device->target.flow == origin.flow
                                 : device->target.flow == 0 &&
                                       device->target.port == origin.remote.port &&
                                       device->target.host == origin.remote.address.to_string();
        if (is_same) {
            return device.get();
        }
    }
    return nullptr;
}

void Home::on_flow_closed(std::uint64_t flow) {
    flows_.erase(flow);
    registrar_.on_flow_closed(flow);
}

void Home::recheck() {
    std::vector<std::string> gone;
    const auto look_at = [&](const std::string& user) {
        const std::string_view domain = std::string_view(user).substr(user.rfind('@') + 1);
        if (!may_sign_in({.key = user, .domain = domain})) {
            gone.push_back(user);
        }
    };
    for (const auto& [flow, users] : flows_) {
        std::ranges::for_each(users, look_at);
    }
    registrar_.for_each_user(look_at);  // by UDP there is no flow
    agent_.recheck();
    for (const std::string& user : gone) {
        registrar_.dismiss(user);
        for (auto& [flow, users] : flows_) {
            std::erase(users, user);
        }
    }
}

void Home::on_arrival(const std::string& user, Device& device) {
    devices_gauge_.set(static_cast<std::int64_t>(registrar_.size()));
    agent_.on_arrival(user, device);
}

/// What nobody has wished: the user wonders, and the administrator is asked.
void Home::report_departure(const std::string& user, Departure why) {
    std::string_view code;
    std::string_view said;
    switch (why) {
        case Departure::FlowGone:
            code = "IST-HOME-004";
            said = "its connection is gone";
            break;
        case Departure::Silent:
            code = "IST-HOME-007";
            said = "two requests without an answer";
            break;
        case Departure::Crowded:
            code = "IST-HOME-006";
            said = "devices of one user";
            break;
        default:
            return;
    }
    if (timers_.now() < next_departure_report_) {
        return;  // when a network fails they go in thousands
    }
    next_departure_report_ = timers_.now() + kBetweenReports;
    log::event(
        log::Level::Info, "home.device_gone", {{"code", code}, {"user", user}, {"msg", said}});
}

void Home::on_departure(const std::string& user, Device& device, Departure why) {
    devices_gauge_.set(static_cast<std::int64_t>(registrar_.size()));
    sessions_.on_departure(device.id);
    agent_.on_departure(user, device, why);
    report_departure(user, why);
    if (why == Departure::Dismissed) {
        log::event(log::Level::Info, "home.dismissed", {{"user", user}});
        outside_.close(device.target.flow);
    }
}

}  // namespace isthmus::home
