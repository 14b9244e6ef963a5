#include "sip/subscribe_terms.h"

#include "sip/grammar.h"
#include "sip/presence_format.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace isthmus::sip {

namespace {

constexpr std::uint32_t kShort = 3600;  // RFC 6665 §4.2.1.1: what is not shorter is never 423
constexpr std::size_t kMaxEventId = 128;

class NumberText {
  public:
    explicit NumberText(std::uint32_t number)
        : size_(static_cast<std::size_t>(
              std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr -
              digits_.data())) {}

    std::string_view view() const { return {digits_.data(), size_}; }

  private:
    std::array<char, 12> digits_{};
    std::size_t size_;
};

}  // namespace

std::optional<EventValue> presence_event(const Request& request) {
    const auto text = request.header(HeaderId::Event);
    auto event = text ? parse_event(*text) : std::nullopt;
    const bool is_ours =
        event && event->package == kPresencePackage && event->id.size() <= kMaxEventId;
    return is_ours ? event : std::nullopt;
}

std::optional<std::uint32_t> check_terms(const Request& request,
                                         const SubscribeTerms& terms,
                                         IncomingRequest& transaction) {
    if (!presence_event(request)) {
        answer_bad_event(transaction);
        return std::nullopt;
    }
    const auto text = request.header(HeaderId::Expires);
    std::uint32_t expires = terms.default_expires;
    if (text && !grammar::parse_u32(*text, expires)) {
        answer_bad_request(transaction, "Expires: not a number");
        return std::nullopt;
    }
    if (!choose_format(request, PresencePreference::Pidf)) {
        answer(transaction, 406, {"Accept", kPresenceDocument});
        return std::nullopt;
    }
    if (expires != 0 && expires < kShort && expires < terms.least_expires) {
        answer(transaction, 423, {"Min-Expires", NumberText(terms.least_expires).view()});
        return std::nullopt;
    }
    return std::min(expires, terms.greatest_expires);
}

void answer_granted(IncomingRequest& transaction,
                    std::uint32_t expires,
                    std::string_view contact,
                    std::span<const std::string> record_routes) {
    const NumberText number(expires);
    std::array<OutgoingHeader, 3 + kMaxRecordRoutes> headers;
    headers[0] = {"Expires", number.view()};
    headers[1] = {"Contact", contact};
    headers[2] = {"Allow-Events", kPresencePackage};  // RFC 6665 §4.4.4
    std::size_t count = 3;
    for (const std::string& value : record_routes) {
        headers[count++] = {"Record-Route", value};
    }
    OutgoingResponse response;
    response.status = 200;
    response.headers = std::span(headers).first(count);
    transaction.respond(response);
}

}  // namespace isthmus::sip
