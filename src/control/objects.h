// The management objects as JSON, with the property names of the API: the one place that knows
// them. Used by the API for bodies, by the services for what is stored and for revisions.
#pragma once

#include "base/result.h"
#include "control/names.h"
#include "policy/policy.h"
#include "policy/user.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace isthmus::control {

/// In the order of policy::VerificationLevel.
inline constexpr std::string_view kVerificationLevels[] = {
    "UseSourceVerification", "AlwaysVerifiable", "AlwaysUnverifiable"};

boost::json::object to_json(const policy::Partner& partner);
boost::json::object to_json(const policy::AccessRule& rule);
boost::json::object to_json(const policy::AccessEdge& edge);
/// Without the passphrase: secrets never leave.
boost::json::object to_json(const policy::GatewaySettings& settings);
boost::json::object to_json(const policy::AllowedDomain& domain);
boost::json::object to_json(const policy::BlockedDomain& domain);
boost::json::object to_json(const policy::Provider& provider);
boost::json::object to_json(const policy::Site& site);
boost::json::object to_json(const policy::Pool& pool);
boost::json::object to_json(const policy::User& user);

/// Changes the named properties, all or none. Syntax with IST-API-001 on an unknown property (the
/// nearest is named), a wrong type or a value out of range.
Result<void> apply(policy::Partner& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::AccessRule& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::AccessEdge& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::GatewaySettings& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::AllowedDomain& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::BlockedDomain& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::Provider& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::Site& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::Pool& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);
Result<void> apply(policy::User& to,
                   const boost::json::object& change,
                   const CanonicalNames& canonical);

/// "global", "site:NAME", "tag:NAME" or NAME to the stored identity "Global", "Site:NAME",
/// "Tag:NAME".
std::string policy_identity(std::string_view id);
/// Syntax if it cannot be the name of a policy, site or provider: 1 to 64 octets of UTF-8 without
/// control characters, none of /:*? and no space at the ends.
Result<void> check_name(std::string_view what, std::string_view name);
/// "evil.example", "*.evil.example" or "*".
Result<std::string> canonical_pattern(std::string_view pattern, const Canonical& domain);

/// What names an object in revisions, the database and the API: its kind and its id.
template <class Object>
struct Kind;

template <>
struct Kind<policy::Partner> {
    static constexpr std::string_view kName = "partner";
    static constexpr std::string_view kNoun = "XMPP federated partner";
    static constexpr std::string policy::Partner::* kId = &policy::Partner::domain;
    static constexpr auto kList = &policy::Objects::partners;
};

template <>
struct Kind<policy::AccessRule> {
    static constexpr std::string_view kName = "policy";
    static constexpr std::string_view kNoun = "external access policy";
    static constexpr std::string policy::AccessRule::* kId = &policy::AccessRule::identity;
    static constexpr auto kList = &policy::Objects::rules;
};

template <>
struct Kind<policy::AllowedDomain> {
    static constexpr std::string_view kName = "allowed-domain";
    static constexpr std::string_view kNoun = "allowed SIP domain";
    static constexpr std::string policy::AllowedDomain::* kId = &policy::AllowedDomain::domain;
    static constexpr auto kList = &policy::Objects::allowed_domains;
};

template <>
struct Kind<policy::BlockedDomain> {
    static constexpr std::string_view kName = "blocked-domain";
    static constexpr std::string_view kNoun = "blocked domain";
    static constexpr std::string policy::BlockedDomain::* kId = &policy::BlockedDomain::domain;
    static constexpr auto kList = &policy::Objects::blocked_domains;
};

template <>
struct Kind<policy::Provider> {
    static constexpr std::string_view kName = "provider";
    static constexpr std::string_view kNoun = "SIP federated provider";
    static constexpr std::string policy::Provider::* kId = &policy::Provider::name;
    static constexpr auto kList = &policy::Objects::providers;
};

template <>
struct Kind<policy::Site> {
    static constexpr std::string_view kName = "site";
    static constexpr std::string_view kNoun = "site";
    static constexpr std::string policy::Site::* kId = &policy::Site::name;
    static constexpr auto kList = &policy::Objects::sites;
};

template <>
struct Kind<policy::Pool> {
    static constexpr std::string_view kName = "pool";
    static constexpr std::string_view kNoun = "pool";
    static constexpr std::string policy::Pool::* kId = &policy::Pool::fqdn;
    static constexpr auto kList = &policy::Objects::pools;
};

template <>
struct Kind<policy::AccessEdge> {
    static constexpr std::string_view kName = "access-edge";
    static constexpr auto kPlace = &policy::Objects::access_edge;
};

template <>
struct Kind<policy::GatewaySettings> {
    static constexpr std::string_view kName = "gateway";
    static constexpr auto kPlace = &policy::Objects::gateway;
};

}  // namespace isthmus::control
