#include "admin/traffic_json.h"

#include "admin/failure_card.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

/// A duration at a glance: "90 s", "5 min", "3 h", "2 d".
std::string short_time(double seconds) {
    struct Unit {
        double length;
        std::string_view name;
    };

    constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    // Two of the smaller unit say more than one of the larger.
    const auto* unit = std::ranges::find_if(
        kUnits, [&](const Unit& each) { return seconds >= 2 * each.length || each.length == 1; });
    return fmt::format("{:.0f} {}", std::floor(std::max(seconds, 0.0) / unit->length), unit->name);
}

json::value certificate_json(const std::optional<control::CertificateStatus>& shown) {
    if (!shown) {
        return nullptr;
    }
    return json::object{
        {"subject", shown->subject},
        {"names", json::array(shown->names.begin(), shown->names.end())},
        {"not_after", time_json(shown->not_after)},
        {"sha256", shown->sha256},
        {"is_trusted", shown->is_trusted},
        {"trust_error", shown->trust_error},
        {"vouched_by", shown->vouched_by},
    };
}

}  // namespace

json::value time_json(std::int64_t seconds) {
    return seconds == 0 ? json::value() : json::value(utc_text(seconds));
}

json::value time_json(double seconds) {
    if (seconds == 0) {
        return nullptr;
    }
    const auto thousandths = static_cast<std::int64_t>(std::llround(seconds * 1000));
    std::string made = utc_text(thousandths / 1000);
    made.pop_back();
    return json::value(fmt::format("{}.{:03}Z", made, thousandths % 1000));
}

std::string sentence_of(const control::Trouble& trouble) {
    std::string made = trouble.code;
    if (!trouble.step.empty()) {
        made += " at " + trouble.step;
    }
    if (!trouble.address.empty()) {
        made += ", " + trouble.address;
    }
    made += fmt::format(", {} ago", short_time(trouble.age_seconds));
    return trouble.text.empty() ? made : made + ": " + trouble.text;
}

void add_trouble(json::object& to, const std::optional<control::Trouble>& trouble) {
    to["last_error"] = trouble ? sentence_of(*trouble) : "";
    to["failure"] = failure_card(trouble);
    if (trouble) {
        to["last_error_code"] = trouble->code;
        to["last_error_step"] = trouble->step;
        to["last_error_address"] = trouble->address;
        to["last_error_age_seconds"] = trouble->age_seconds;
    }
}

json::object to_json(const control::PeerStatus& peer) {
    json::object made{
        {"name", peer.name},
        {"target", peer.target},
        {"transport", peer.transport},
        {"state", peer.state},
        {"state_seconds", peer.state_seconds},
        {"pending", peer.pending},
    };
    add_trouble(made, peer.last_error);
    return made;
}

json::object to_json(const control::StreamStatus& stream) {
    json::object made{
        {"local_domain", stream.local_domain},
        {"remote_domain", stream.remote_domain},
        {"direction", stream.direction},
        {"state", stream.state},
        {"auth", stream.auth},
        {"tls", stream.tls},
        {"remote_address", stream.remote_address},
        {"queued", stream.queued},
        {"oldest_seconds", stream.oldest_seconds},
        {"id", stream.id},
        {"partner", stream.partner},
        {"cipher", stream.cipher},
        {"stream_id", stream.stream_id},
        {"age_seconds", stream.age_seconds},
        {"stanzas_in", stream.stanzas_in},
        {"stanzas_out", stream.stanzas_out},
        {"octets_in", stream.octets_in},
        {"octets_out", stream.octets_out},
        {"certificate", certificate_json(stream.certificate)},
    };
    add_trouble(made, stream.last_error);
    return made;
}

json::object to_json(const control::SubscriptionStatus& subscription) {
    const control::SubscriptionStatus& one = subscription;
    return {
        {"id", one.id},
        {"direction", one.direction},
        {"user", one.user},
        {"contact", one.contact},
        {"partner", one.partner},
        {"standing", one.standing},
        {"state", one.state},
        {"why", one.why},
        {"code", one.code},
        {"since", time_json(one.since)},
        {"dialogs", one.dialogs},
        {"expires_in", one.expires_in == 0 ? json::value() : json::value(one.expires_in)},
        {"next_attempt_in",
         one.next_attempt_in < 0 ? json::value() : json::value(one.next_attempt_in)},
        {"last_notify", one.last_notify},
        {"last_notify_at", time_json(one.last_notify_at)},
        {"last_presence", one.last_presence},
        {"last_presence_at", time_json(one.last_presence_at)},
    };
}

json::object to_json(const control::PairNews& news) {
    json::array subscriptions;
    for (const control::SubscriptionStatus& one : news.subscriptions) {
        subscriptions.push_back(to_json(one));
    }
    json::array dialogs;
    for (const control::DialogStatus& one : news.dialogs) {
        dialogs.push_back(to_json(one));
    }
    return {{"pair", news.pair},
            {"subscriptions", std::move(subscriptions)},
            {"dialogs", std::move(dialogs)}};
}

json::object to_json(const control::DialogStatus& dialog) {
    return {
        {"id", dialog.id},
        {"role", dialog.role},
        {"user", dialog.user},
        {"contact", dialog.contact},
        {"partner", dialog.partner},
        {"subscription", dialog.subscription},
        {"event", dialog.event},
        {"expires_in", dialog.expires_in == 0 ? json::value() : json::value(dialog.expires_in)},
        {"call_id", dialog.call_id},
        {"local_tag", dialog.local_tag},
        {"remote_tag", dialog.remote_tag},
        {"local", dialog.local},
        {"remote", dialog.remote},
        {"target", dialog.target},
        {"route", dialog.route},
        {"local_cseq", dialog.local_cseq},
        {"remote_cseq", dialog.remote_cseq},
    };
}

json::object to_json(const control::MessageStatus& message) {
    return {
        {"id", message.id},
        {"at", time_json(message.at)},
        {"direction", message.direction},
        {"state", message.state},
        {"user", message.user},
        {"contact", message.contact},
        {"from", message.from},
        {"to", message.to},
        {"partner", message.partner},
        {"peer", message.peer},
        {"call_id", message.call_id},
        {"stanza_id", message.stanza_id},
        {"code", message.code},
        {"step", message.step},
        {"evidence", message.text},
        {"duration_ms", message.duration_seconds * 1000},
    };
}

}  // namespace isthmus::admin
