// Who watches a user, as his plain SIP clients hear of it. RFC 3857, RFC 3858. A list that does not
// fit in one document goes on in the next ones.
#include "base/buffer.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "home/lync_words.h"
#include "home/presence_agent.h"

namespace isthmus::home {

namespace {

constexpr Duration kBetweenTellings = std::chrono::seconds(5);  // RFC 3857 §4.7
constexpr std::size_t kPerDocument = 200;

struct Told {
    std::string id;
    std::string_view address;
    bool is_pending = false;
};

std::string document(const Person& person,
                     std::span<const Told> watchers,
                     std::uint32_t version,
                     bool is_full) {
    Buffer out;
    xml::Writer writer(out);
    writer.open("watcherinfo")
        .attribute("xmlns", "urn:ietf:params:xml:ns:watcherinfo")
        .attribute("version", std::to_string(version))
        .attribute("state", is_full ? "full" : "partial")
        .open("watcher-list")
        .attribute("resource", fmt::format("sip:{}", person.key))
        .attribute("package", sip::kPresencePackage);
    for (const Told& one : watchers) {
        writer.open("watcher")
            .attribute("id", one.id)
            .attribute("status", one.is_pending ? "pending" : "active")
            .attribute("event", one.is_pending ? "subscribe" : "approved")
            .text(fmt::format("sip:{}", one.address))
            .close("watcher");
    }
    writer.close("watcher-list").close("watcherinfo");
    return std::string(out.view());
}

}  // namespace

void PresenceAgent::tell_watchers(const Person& person, DeviceDialog& dialog) {
    if (dialog.in_flight >= kInFlight / 2) {
        dialog.is_full_owed = true;
        return;
    }
    std::vector<Told> all;
    all.reserve(person.watchers.size());
    for (const Watcher& one : person.watchers) {
        all.push_back({fmt::format("w{}", one.owner),
                       one.address,
                       consent_of(person, one.address) != Consent::Given});
    }
    if (const auto found = colleagues_.find(person.key); found != colleagues_.end()) {
        for (const std::string& key : found->second) {
            all.push_back({fmt::format("c-{}", key), key});
        }
    }
    std::size_t at = 0;
    do {
        const std::size_t size = std::min(kPerDocument, all.size() - at);
        notify(dialog,
               kWatcherInfoType,
               document(person, std::span(all).subspan(at, size), dialog.version, at == 0));
        ++dialog.version;
        at += size;
    } while (at < all.size());
}

/// Told soon, and not each of many by itself.
void PresenceAgent::watchers_changed(const Person& person) {
    const bool is_asked = std::ranges::any_of(person.dialogs, [](const auto& dialog) {
        return dialog->event == DeviceEvent::WatcherInfo;
    });
    if (!is_asked) {
        return;
    }
    watchers_due_.insert(person.key);
    if (!watchers_timer_.is_armed()) {
        watchers_timer_.arm(
            std::max(watchers_told_at_ + kBetweenTellings - timers_.now(), Duration{}));
    }
}

void PresenceAgent::on_watchers_due() {
    watchers_told_at_ = timers_.now();
    for (const std::string& key : std::exchange(watchers_due_, {})) {
        const Person* one = find(key);
        if (one == nullptr) {
            continue;
        }
        for (const auto& dialog : one->dialogs) {
            if (dialog->event == DeviceEvent::WatcherInfo) {
                tell_watchers(*one, *dialog);
            }
        }
    }
}

}  // namespace isthmus::home
