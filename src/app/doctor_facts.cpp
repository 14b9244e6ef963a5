#include "app/doctor_facts.h"

#include "app/addresses.h"
#include "base/arena.h"
#include "xmpp/jid.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

namespace isthmus::app {

namespace {

std::string ascii_domain(const std::string& domain) {
    Arena arena;
    const auto prepared = canonical_domain(domain);
    const auto ascii = xmpp::domain_to_ascii(prepared ? *prepared : domain, arena);
    return ascii ? std::string(*ascii) : domain;
}

std::optional<bool> is_clock_synchronised() {
    timex state{};
    const int answer = adjtimex(&state);
    if (answer < 0) {
        return std::nullopt;
    }
    return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace

std::vector<control::SipPeerFacts> sip_peer_facts(const Config& config) {
    std::vector<control::SipPeerFacts> made;
    made.reserve(config.sip_peers.size());
    for (const SipPeerConfig& peer : config.sip_peers) {
        made.push_back({.name = peer.name,
                        .kind = peer.kind,
                        .target = peer.target,
                        .domains = peer.domains,
                        .certificate_names = peer.certificate_names,
                        .addresses = peer.addresses,
                        .has_credentials = !peer.username.empty()});
    }
    return made;
}

control::LocalFacts local_facts(const Config& config,
                                const std::vector<std::string>& sip_listeners,
                                const std::vector<std::string>& xmpp_listeners,
                                bool has_certificate) {
    control::LocalFacts made;
    made.server_name = config.server_name;
    made.config_file = config.file;
    const auto now = load_config(config.file);
    if (!now) {
        made.config_fault = now.error();
    }
    for (const ConfigWarning& warning : now ? now->warnings : config.warnings) {
        made.config_warnings.push_back({std::string(warning.code), warning.text});
    }
    made.state_dir = config.state_dir;
    struct statvfs disk{};
    if (statvfs(config.state_dir.c_str(), &disk) == 0) {
        made.disk_free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
        made.disk_total = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    }
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        made.descriptors = files.rlim_cur;
    }
    made.is_clock_synchronised = is_clock_synchronised();
    made.sip_listeners = sip_listeners;
    made.xmpp_listeners = xmpp_listeners;
    made.has_certificate = has_certificate;
    made.component_server = config.component_server;
    for (const std::string& domain :
         config.xmpp_domains.empty() ? config.sip_domains : config.xmpp_domains) {
        made.xmpp_domains.push_back(ascii_domain(domain));
    }
    made.peers = sip_peer_facts(config);
    return made;
}

}  // namespace isthmus::app
