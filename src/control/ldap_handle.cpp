#include "control/ldap_handle.h"

#include "base/text.h"
#include "control/memory_file.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace isthmus::control {

namespace {

constexpr ber_len_t kLongestMessage = ber_len_t{16} << 20U;
constexpr auto kSlice = std::chrono::milliseconds(200);
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

timeval to_timeval(std::chrono::microseconds time) {
    return {.tv_sec = time.count() / 1'000'000, .tv_usec = time.count() % 1'000'000};
}

Error no_trust(std::string why) {
    return make_error(ErrorKind::Unreachable,
                      "IST-API-021",
                      "The directory server is not trusted.",
                      std::move(why));
}

Error no_answer(const std::string& url, const std::string& why) {
    return make_error(ErrorKind::Unreachable,
                      "IST-API-020",
                      "The directory cannot be reached.",
                      fmt::format("{}: {}", url, why));
}

/// Control of paged results (RFC 2696) for one request.
struct PageControl {
    PageControl(LDAP* ldap, std::size_t size, const std::string& cookie) {
        if (size == 0) {
            return;
        }
        berval value{.bv_len = cookie.size(), .bv_val = const_cast<char*>(cookie.data())};
        // Not critical: a server that does without pages sends all at once.
        ldap_create_page_control(
            ldap, static_cast<ber_int_t>(size), cookie.empty() ? nullptr : &value, 0, &control);
    }

    PageControl(const PageControl&) = delete;
    PageControl& operator=(const PageControl&) = delete;
    PageControl(PageControl&&) = delete;
    PageControl& operator=(PageControl&&) = delete;

    ~PageControl() {
        if (control != nullptr) {
            ldap_control_free(control);
        }
    }

    LDAPControl* control = nullptr;
};

}  // namespace

LdapHandle::LdapHandle(DirectoryUrl url,
                       const DirectorySettings& settings,
                       Interruption& interruption)
    : url_(std::move(url)),
      interruption_(interruption),
      timeout_(settings.timeout_seconds),
      deadline_(Clock::now() + std::chrono::seconds(settings.deadline_seconds)) {}

LdapHandle::~LdapHandle() {
    if (ldap_ != nullptr) {
        ldap_unbind_ext(ldap_, nullptr, nullptr);
    }
}

int LdapHandle::on_connect(LDAP* /*ldap*/,
                           Sockbuf* buffer,
                           LDAPURLDesc* /*server*/,
                           sockaddr* /*address*/,
                           ldap_conncb* callbacks) {
    auto* self = static_cast<LdapHandle*>(callbacks->lc_arg);
    self->was_connected_ = true;
    ber_len_t longest = kLongestMessage;
    ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &longest);
    int descriptor = -1;
    ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &descriptor);
    if (descriptor < 0) {
        return 0;
    }
    // libldap waits for the beginning of an answer only: a server that stops in the middle of one
    // would hold it for ever.
    const timeval patience = to_timeval(self->timeout_);
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    self->interruption_.watch(descriptor);
    self->handshake_.emplace(self->interruption_, self->timeout_);
    return 0;
}

void LdapHandle::on_close(LDAP* /*ldap*/, Sockbuf* /*buffer*/, ldap_conncb* callbacks) {
    static_cast<LdapHandle*>(callbacks->lc_arg)->interruption_.watch(-1);
}

bool LdapHandle::set(int option, const void* value) {
    return ldap_set_option(ldap_, option, value) == LDAP_OPT_SUCCESS;
}

/// Everything that matters is said here: the machine's ldap.conf is not asked.
Result<void> LdapHandle::set_up(const DirectorySettings& settings) {
    if (const int code = ldap_initialize(&ldap_, url_.url.c_str()); code != LDAP_SUCCESS) {
        return no_answer(url_.url, ldap_err2string(code));
    }
    const int version = LDAP_VERSION3;
    const int never = LDAP_DEREF_NEVER;
    const int unlimited = LDAP_NO_LIMIT;
    const timeval patience = to_timeval(timeout_);
    callbacks_ = {.lc_add = &on_connect, .lc_del = &on_close, .lc_arg = this};
    const bool good = set(LDAP_OPT_PROTOCOL_VERSION, &version) &&
                      set(LDAP_OPT_REFERRALS, LDAP_OPT_OFF) && set(LDAP_OPT_DEREF, &never) &&
                      set(LDAP_OPT_SIZELIMIT, &unlimited) && set(LDAP_OPT_TIMELIMIT, &unlimited) &&
                      set(LDAP_OPT_RESTART, LDAP_OPT_ON) &&
                      set(LDAP_OPT_NETWORK_TIMEOUT, &patience) &&
                      set(LDAP_OPT_TIMEOUT, &patience) && set(LDAP_OPT_CONNECT_CB, &callbacks_);
    if (!good) {
        return no_answer(url_.url, "libldap refused an option");
    }
    return url_.protection == Protection::Plain ? Result<void>() : trust(settings);
}

Result<void> LdapHandle::trust(const DirectorySettings& settings) {
    std::string all;
    std::vector<std::string> files = settings.ca_files;
    if (files.empty()) {
        files.emplace_back(kSystemAuthorities);
    }
    for (const std::string& path : files) {
        const std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        if (!file) {
            return no_trust(path + ": cannot be read");
        }
        all += text.str() + '\n';
    }
    const MemoryFile authorities(all);
    const std::string path = authorities.path();
    const int demand = LDAP_OPT_X_TLS_HARD;
    const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
    const int client = 0;
    // The last makes the context, which reads the file.
    const bool good = authorities.is_good() && set(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) &&
                      set(LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) &&
                      set(LDAP_OPT_X_TLS_CACERTFILE, path.c_str()) &&
                      set(LDAP_OPT_X_TLS_NEWCTX, &client);
    return good ? Result<void>()
                : no_trust(fmt::format("{}: holds no usable certificates", fmt::join(files, ", ")));
}

std::string LdapHandle::diagnostics() const {
    char* text = nullptr;
    ldap_get_option(ldap_, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&text));
    std::string made = text != nullptr ? text::escape_for_log(text, 300) : std::string();
    ldap_memfree(text);
    return made;
}

Error LdapHandle::failed(int code, const char* doing) {
    last_code_ = code;
    const std::string more = diagnostics();
    const std::string why =
        fmt::format("{}: {}{}{}", doing, ldap_err2string(code), more.empty() ? "" : ": ", more);
    if (interruption_.is_interrupted()) {
        return no_answer(url_.url, fmt::format("{}: the gateway is stopping", doing));
    }
    switch (code) {
        case LDAP_INVALID_CREDENTIALS:
        case LDAP_INAPPROPRIATE_AUTH:
        case LDAP_AUTH_METHOD_NOT_SUPPORTED:
        case LDAP_CONFIDENTIALITY_REQUIRED:
        case LDAP_STRONG_AUTH_REQUIRED:
            return make_error(ErrorKind::Unreachable,
                              "IST-API-022",
                              "The directory refused our name or password.",
                              why);
        case LDAP_SERVER_DOWN:
        case LDAP_CONNECT_ERROR:
        case LDAP_TIMEOUT:
        case LDAP_UNAVAILABLE:
        case LDAP_BUSY:
            return no_answer(url_.url, why);
        default:
            return make_error(
                ErrorKind::Internal, "IST-API-023", "The directory's answer is not complete.", why);
    }
}

bool LdapHandle::end_handshake() {
    const bool is_late = handshake_ && handshake_->has_bitten();
    handshake_.reset();
    return is_late;
}

Result<void> LdapHandle::start_tls() {
    const int code = ldap_start_tls_s(ldap_, nullptr, nullptr);
    const bool is_late = end_handshake();
    if (code == LDAP_SUCCESS) {
        return {};
    }
    Error error = failed(is_late ? LDAP_TIMEOUT : code, "StartTLS");
    const bool is_tls = code == LDAP_CONNECT_ERROR || code == LDAP_PROTOCOL_ERROR ||
                        code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_LOCAL_ERROR ||
                        code == LDAP_UNAVAILABLE;
    return was_connected_ && is_tls && !is_late ? no_trust(std::move(error.detail)) : error;
}

Result<void> LdapHandle::bind(const std::string& dn, const std::string& password) {
    berval secret{.bv_len = password.size(), .bv_val = const_cast<char*>(password.data())};
    int operation = 0;
    const int code =
        ldap_sasl_bind(ldap_, dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, &operation);
    const bool is_late = end_handshake();
    if (code != LDAP_SUCCESS) {
        // Connecting is part of it, and of that the TLS handshake of ldaps.
        Error error = failed(is_late ? LDAP_TIMEOUT : code, "connecting");
        return was_connected_ && !is_late && url_.protection == Protection::Tls &&
                       !interruption_.is_interrupted()
                   ? no_trust(fmt::format("TLS handshake with {}: {}", url_.host, error.detail))
                   : error;
    }
    auto message = wait_for(operation);
    if (!message) {
        return message.error();
    }
    return finish(message->get(), nullptr);
}

Result<LdapHandle::Message> LdapHandle::wait_for(int operation) {
    const auto end = std::min(Clock::now() + timeout_, deadline_);
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now());
        if (left.count() <= 0 || interruption_.is_interrupted()) {
            ldap_abandon_ext(ldap_, operation, nullptr, nullptr);
            return failed(LDAP_TIMEOUT,
                          end == deadline_ ? "longer than deadline_seconds"
                                           : "no answer within timeout_seconds");
        }
        timeval slice = to_timeval(std::min<std::chrono::microseconds>(left, kSlice));
        LDAPMessage* message = nullptr;
        const int type = ldap_result(ldap_, operation, LDAP_MSG_ONE, &slice, &message);
        if (type > 0) {
            return Message(message);
        }
        if (type < 0) {
            int code = LDAP_SERVER_DOWN;
            ldap_get_option(ldap_, LDAP_OPT_RESULT_CODE, &code);
            return failed(code, "reading");
        }
    }
}

Result<void> LdapHandle::finish(LDAPMessage* result, std::string* cookie) {
    int code = LDAP_OTHER;
    LDAPControl** controls = nullptr;
    const int parsed =
        ldap_parse_result(ldap_, result, &code, nullptr, nullptr, nullptr, &controls, 0);
    if (cookie != nullptr) {
        cookie->clear();
        ber_int_t estimate = 0;
        berval next{};
        LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
        if (page != nullptr &&
            ldap_parse_pageresponse_control(ldap_, page, &estimate, &next) == LDAP_SUCCESS) {
            cookie->assign(next.bv_val != nullptr ? next.bv_val : "", next.bv_len);
            ber_memfree(next.bv_val);
        }
    }
    if (controls != nullptr) {
        ldap_controls_free(controls);
    }
    if (parsed != LDAP_SUCCESS || code != LDAP_SUCCESS) {
        return failed(parsed != LDAP_SUCCESS ? parsed : code, "the directory says");
    }
    last_code_ = LDAP_SUCCESS;
    return {};
}

Result<void> LdapHandle::search(const Search& search,
                                std::string& cookie,
                                const TakeMessage& take,
                                std::size_t& referrals) {
    std::vector<char*> names;
    names.reserve(search.attributes.size() + 1);
    for (const std::string& name : search.attributes) {
        names.push_back(const_cast<char*>(name.c_str()));
    }
    names.push_back(nullptr);
    const PageControl page(ldap_, search.page_size, cookie);
    LDAPControl* controls[] = {page.control, nullptr};
    int operation = 0;
    const int sent = ldap_search_ext(ldap_,
                                     search.base.c_str(),
                                     search.is_subtree ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE,
                                     search.filter.c_str(),
                                     names.data(),
                                     0,
                                     controls,
                                     nullptr,
                                     nullptr,
                                     LDAP_NO_LIMIT,
                                     &operation);
    if (sent != LDAP_SUCCESS) {
        return failed(sent, "searching");
    }
    for (;;) {
        auto message = wait_for(operation);
        if (!message) {
            return message.error();
        }
        switch (ldap_msgtype(message->get())) {
            case LDAP_RES_SEARCH_ENTRY:
                if (auto taken = take(message->get()); !taken) {
                    ldap_abandon_ext(ldap_, operation, nullptr, nullptr);
                    return taken;
                }
                break;
            case LDAP_RES_SEARCH_REFERENCE:
                ++referrals;
                break;
            case LDAP_RES_SEARCH_RESULT:
                return finish(message->get(), &cookie);
            default:
                break;
        }
    }
}

std::string LdapHandle::dn_of(LDAPMessage* entry) const {
    char* dn = ldap_get_dn(ldap_, entry);
    std::string made = dn != nullptr ? dn : "";
    ldap_memfree(dn);
    return made;
}

void LdapHandle::each_attribute(LDAPMessage* entry, const TakeAttribute& take) const {
    BerElement* position = nullptr;
    std::vector<std::string_view> views;
    for (char* name = ldap_first_attribute(ldap_, entry, &position); name != nullptr;
         name = ldap_next_attribute(ldap_, entry, position)) {
        berval** values = ldap_get_values_len(ldap_, entry, name);
        views.clear();
        for (berval** value = values; value != nullptr && *value != nullptr; ++value) {
            views.emplace_back((*value)->bv_val, (*value)->bv_len);
        }
        take(name, views);
        ldap_value_free_len(values);
        ldap_memfree(name);
    }
    ber_free(position, 0);
}

bool LdapHandle::is_about_one_object() const {
    return last_code_ == LDAP_NO_SUCH_OBJECT || last_code_ == LDAP_INSUFFICIENT_ACCESS ||
           last_code_ == LDAP_REFERRAL || last_code_ == LDAP_INVALID_DN_SYNTAX;
}

}  // namespace isthmus::control
