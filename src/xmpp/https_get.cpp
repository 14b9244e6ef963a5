#include "xmpp/https_get.h"

#include "base/text.h"
#include "xmpp/locate.h"
#include "xmpp/patience.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kHttpsScheme = "https://";
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kMaxUrl = 1024;
constexpr std::size_t kMaxSiteAddresses = 8;

bool is_host_name(std::string_view host) {
    // A domain of the XMPP network in A-labels; what looks like an address is none.
    return !host.empty() && host.size() <= 253 && !net::IpAddress::parse(host) &&
           std::ranges::all_of(
               host, [](char c) { return text::is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

}  // namespace

std::optional<HttpsUrl> HttpsUrl::parse(std::string_view text) {
    const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    if (text.size() > kMaxUrl || !is_visible || !text::istarts_with(text, kHttpsScheme)) {
        return std::nullopt;
    }
    text.remove_prefix(kHttpsScheme.size());
    text = text.substr(0, text.find('#'));
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    HttpsUrl made;
    if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
        const auto port = text::to_number(authority.substr(colon + 1));
        if (!port || *port == 0 || *port > 65535) {
            return std::nullopt;
        }
        made.port = static_cast<std::uint16_t>(*port);
        authority = authority.substr(0, colon);
    }
    if (!is_host_name(authority)) {
        return std::nullopt;
    }
    made.host = text::to_lower(authority);
    const std::string_view rest = text.substr(end);
    made.target = (rest.starts_with('/') ? "" : "/") + std::string(rest);
    return made;
}

std::optional<HttpsUrl> HttpsUrl::follow(std::string_view location) const {
    if (location.starts_with("//")) {
        return parse("https:" + std::string(location));
    }
    if (location.starts_with('/')) {
        return parse("https://" + authority() + std::string(location));
    }
    return parse(location);
}

std::string HttpsUrl::authority() const {
    return port == kHttpsPort ? host : host + ":" + std::to_string(port);
}

std::string HttpsUrl::to_string() const {
    return std::string(kHttpsScheme) + authority() + target;
}

HttpsGet::HttpsGet(const Doors& doors,
                   std::shared_ptr<const net::TlsContext> trust,
                   HttpsUrl url,
                   bool may_be_private,
                   Handler on_done)
    : doors_(doors),
      trust_(std::move(trust)),
      url_(std::move(url)),
      may_be_private_(may_be_private),
      on_done_(std::move(on_done)),
      done_(doors.timers, [this] {
          const Handler handler = std::move(on_done_);
          auto outcome = *std::move(outcome_);
          handler(std::move(outcome));
      }) {
    pending_ = doors_.resolver.addresses(
        url_.host,
        [this](Result<std::vector<net::IpAddress>> answer) { on_addresses(std::move(answer)); });
}

void HttpsGet::on_addresses(Result<std::vector<net::IpAddress>> answer) {
    const auto done = std::move(pending_);
    if (!answer || answer->empty()) {
        return fail("no address of " + url_.host + " is known" +
                    (answer || answer.error().detail.empty() ? "" : ": " + answer.error().detail));
    }
    std::vector<net::Endpoint> endpoints;
    std::string left_out;
    for (const net::IpAddress& address : *answer) {
        if (address_use(address, may_be_private_) != AddressUse::Good) {
            left_out = address.to_string();
        } else if (endpoints.size() < kMaxSiteAddresses) {
            endpoints.push_back({address, url_.port});
        }
    }
    if (endpoints.empty()) {
        return fail(url_.host + " leads to " + left_out +
                    ", an address of a closed network, or where no server can be");
    }
    pending_ = doors_.network.connect(std::move(endpoints),
                                      kConnectPatience,
                                      [this](Result<std::unique_ptr<net::ByteStream>> stream) {
                                          on_connected(std::move(stream));
                                      });
}

void HttpsGet::on_connected(Result<std::unique_ptr<net::ByteStream>> stream) {
    const auto done = std::move(pending_);
    if (!stream) {
        return fail("no connection: " + stream.error().detail);
    }
    stream_ = *std::move(stream);
    stream_->set_handler(this);
    net::TlsOptions options;
    options.role = net::TlsRole::Client;
    options.server_name = url_.host;
    options.alpn = {"http/1.1"};
    stream_->start_tls(trust_, std::move(options));
}

void HttpsGet::on_secured() {
    if (outcome_) {
        return;
    }
    const net::PeerCertificate* shown = stream_->peer_certificate();
    if (shown == nullptr || !shown->is_trusted) {
        return fail("the web server's certificate is not trusted" +
                    (shown != nullptr ? ": " + shown->trust_error : std::string()));
    }
    if (!shown->may_be_server || !net::names_host(*shown, url_.host)) {
        return fail("the web server's certificate does not name " + url_.host + " (" +
                    text::escape_for_log(shown->subject) + ")");
    }
    Buffer& out = stream_->output();
    for (const std::string_view part : {std::string_view("GET "),
                                        std::string_view(url_.target),
                                        std::string_view(" HTTP/1.1\r\nHost: ")}) {
        out.append(part);
    }
    out.append(url_.authority());
    out.append("\r\nUser-Agent: isthmus\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream_->flush();
}

std::size_t HttpsGet::on_octets(std::string_view unread) {
    if (!outcome_ && stream_->is_secure() && answer_.feed(unread)) {
        if (answer_.is_good()) {
            finish(std::move(answer_));
        } else {
            fail(answer_.fault());
        }
    }
    return unread.size();
}

void HttpsGet::on_closed(const Error& reason) {
    if (outcome_) {
        return;
    }
    if (reason.code == "IST-TLS-002" || !stream_->is_secure()) {
        return fail("no TLS: " + (reason.detail.empty() ? reason.public_text : reason.detail));
    }
    answer_.end();
    if (answer_.is_good()) {
        return finish(std::move(answer_));
    }
    fail(answer_.fault());
}

void HttpsGet::fail(std::string why) {
    finish(make_error(ErrorKind::Unreachable, "", "", std::move(why)));
}

void HttpsGet::finish(Result<HttpAnswer> outcome) {
    outcome_ = std::move(outcome);
    if (stream_ != nullptr) {
        stream_->pause_reading(true);  // nothing more of 100 MB is taken in
    }
    done_.arm({});
}

}  // namespace isthmus::xmpp
