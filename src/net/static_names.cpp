#include "net/static_names.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace isthmus::net {

namespace {

/// "_xmpp-server._tcp.example.org" is a service of "example.org".
std::string_view domain_of(std::string_view name) {
    while (name.starts_with('_')) {
        const std::size_t dot = name.find('.');
        if (dot == std::string_view::npos) {
            break;
        }
        name.remove_prefix(dot + 1);
    }
    return name;
}

std::optional<SrvRecord> parse_srv(std::string_view text) {
    std::array<std::uint16_t, 3> numbers{};
    for (std::uint16_t& number : numbers) {
        text = text::trim(text);
        const std::size_t end = text.find(' ');
        const auto value = text::to_number(text.substr(0, end));
        if (end == std::string_view::npos || !value || *value > 65535) {
            return std::nullopt;
        }
        number = static_cast<std::uint16_t>(*value);
        text.remove_prefix(end);
    }
    text = text::trim(text);
    if (text.empty() || text.find(' ') != std::string_view::npos) {
        return std::nullopt;
    }
    return SrvRecord{numbers[0], numbers[1], numbers[2], canonical_name(text)};
}

template <class T>
std::vector<T> find_in(const std::map<std::string, std::vector<T>, std::less<>>& table,
                       std::string_view name) {
    const auto found = table.find(canonical_name(name));
    return found == table.end() ? std::vector<T>{} : found->second;
}

}  // namespace

std::string canonical_name(std::string_view name) {
    if (name.size() > 1 && name.ends_with('.')) {
        name.remove_suffix(1);
    }
    return text::to_lower(name);
}

Result<StaticNames> StaticNames::parse(const Table& table) {
    StaticNames names;
    for (const auto& [key, entries] : table) {
        const std::string name = canonical_name(key);
        names.domains_.emplace(domain_of(name));
        for (const std::string& entry : entries) {
            if (const auto address = IpAddress::parse(text::trim(entry))) {
                names.addresses_[name].push_back(*address);
            } else if (auto record = parse_srv(entry)) {
                names.srv_[name].push_back(*std::move(record));
            } else {
                return make_error(
                    ErrorKind::Syntax,
                    "IST-CFG-001",
                    "The configuration is not valid.",
                    fmt::format(
                        R"([dns.static] "{}": "{}" is neither an address nor "priority weight port target")",
                        key,
                        entry));
            }
        }
    }
    return names;
}

bool StaticNames::covers(std::string_view name) const {
    return domains_.contains(domain_of(canonical_name(name)));
}

std::vector<IpAddress> StaticNames::addresses(std::string_view name) const {
    return find_in(addresses_, name);
}

std::vector<SrvRecord> StaticNames::srv(std::string_view name) const {
    return find_in(srv_, name);
}

}  // namespace isthmus::net
