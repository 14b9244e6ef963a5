#include "sip/message.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace isthmus::sip {

namespace {

// By Method, from Ack on.
constexpr std::array<std::string_view, 16> kMethods = {"",
                                                       "ACK",
                                                       "BYE",
                                                       "CANCEL",
                                                       "INFO",
                                                       "INVITE",
                                                       "MESSAGE",
                                                       "NOTIFY",
                                                       "OPTIONS",
                                                       "PRACK",
                                                       "PUBLISH",
                                                       "REFER",
                                                       "REGISTER",
                                                       "SERVICE",
                                                       "SUBSCRIBE",
                                                       "UPDATE"};

struct Phrase {
    int status;
    std::string_view text;
};

// RFC 3261 §21 and the RFCs that added to it; sorted.
constexpr Phrase kPhrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};

static_assert(std::ranges::is_sorted(kPhrases, {}, &Phrase::status));

}  // namespace

Method method_of(std::string_view token) {
    // Nearly everything we meet is a MESSAGE.
    if (token == "MESSAGE") {
        return Method::Message;
    }
    for (std::size_t i = 1; i < kMethods.size(); ++i) {
        if (kMethods[i] == token) {
            return static_cast<Method>(i);
        }
    }
    return Method::Other;
}

std::string_view method_name(Method method) {
    return kMethods[static_cast<std::size_t>(method)];
}

std::optional<std::string_view> Message::header(HeaderId id) const {
    for (const HeaderField& field : headers) {
        if (field.id == id) {
            return field.value;
        }
    }
    return std::nullopt;
}

std::size_t Message::count(HeaderId id) const {
    return static_cast<std::size_t>(std::ranges::count(headers, id, &HeaderField::id));
}

std::string_view standard_reason(int status) {
    const auto* at = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
    return at != std::end(kPhrases) && at->status == status ? at->text : std::string_view();
}

}  // namespace isthmus::sip
