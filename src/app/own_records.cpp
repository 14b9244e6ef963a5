#include "app/own_records.h"

#include "net/address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace isthmus::app {

std::vector<std::string> local_addresses() {
    std::vector<std::string> made;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return made;
    }
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) {
            continue;
        }
        if (one->ifa_addr->sa_family == AF_INET) {
            std::array<std::uint8_t, 4> octets{};
            std::memcpy(octets.data(),
                        &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr,
                        octets.size());
            made.push_back(net::IpAddress::v4(octets).to_string());
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            std::array<std::uint8_t, 16> octets{};
            std::memcpy(octets.data(),
                        &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr,
                        octets.size());
            made.push_back(net::IpAddress::v6(octets).to_string());
        }
    }
    freeifaddrs(list);
    return made;
}

OwnRecordsLookup::OwnRecordsLookup(net::Resolver& resolver,
                                   const std::vector<std::string>& domains,
                                   Done done)
    : resolver_(resolver), done_(std::move(done)), here_(local_addresses()) {
    for (std::size_t i = 0; i < std::min(domains.size(), kMaxDomains); ++i) {
        records_.push_back({.domain = domains[i], .failure = {}, .servers = {}});
    }
}

void OwnRecordsLookup::start() {
    open_ = 1;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        ++open_;
        questions_.push_back(resolver_.srv("_xmpp-server._tcp." + records_[i].domain,
                                           [this, i](Result<std::vector<net::SrvRecord>> answer) {
                                               on_services(i, std::move(answer));
                                           }));
    }
    settle();
}

void OwnRecordsLookup::on_services(std::size_t index, Result<std::vector<net::SrvRecord>> answer) {
    control::OwnRecords& records = records_[index];
    if (!answer) {
        records.failure = answer.error();
        return settle();
    }
    records.says_no_service = answer->size() == 1 && answer->front().target == ".";
    for (const net::SrvRecord& one : *answer) {
        if (one.target == "." || records.servers.size() >= kMaxServers) {
            continue;
        }
        const std::size_t server = records.servers.size();
        records.servers.push_back({.host = one.target, .port = one.port, .addresses = {}});
        ++open_;
        questions_.push_back(resolver_.addresses(
            one.target,
            [this, index, server](const Result<std::vector<net::IpAddress>>& addresses) {
                on_addresses(index, server, addresses);
            }));
    }
    settle();
}

void OwnRecordsLookup::on_addresses(std::size_t index,
                                    std::size_t server,
                                    const Result<std::vector<net::IpAddress>>& answer) {
    control::OwnRecords::Server& into = records_[index].servers[server];
    for (std::size_t i = 0; answer && i < std::min(answer->size(), kMaxServers); ++i) {
        into.addresses.push_back((*answer)[i].to_string());
        into.is_here |= std::ranges::find(here_, into.addresses.back()) != here_.end();
    }
    settle();
}

void OwnRecordsLookup::settle() {
    if (--open_ == 0) {
        has_ended_ = true;
        done_(std::move(records_));
    }
}

}  // namespace isthmus::app
