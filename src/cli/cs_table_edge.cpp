// The properties of the Access Edge configuration. All but the master switch are kept for scripts
// and migration.
#include "cli/cs_table.h"

namespace isthmus::cli::cs {

namespace {

constexpr const char* kEdgeOnly =
    "kept for migration: it concerns the Edge Server's SIP and conferencing traffic";

constexpr Property edge_flag(const char* name,
                             const char* meaning,
                             const char* property,
                             const char* standard) {
    return {{name, Type::Boolean, meaning, property, standard, "", kEdgeOnly}};
}

constexpr Property edge_number(const char* name,
                               const char* meaning,
                               const char* property,
                               const char* standard) {
    return {{name, Type::UInt32, meaning, property, standard, "", kEdgeOnly}};
}

constexpr Property kEdge[] = {
    edge_flag("AllowAnonymousUsers", "guests in meetings", "allow_anonymous_users", "False"),
    {{"AllowFederatedUsers",
      Type::Boolean,
      "master switch of all federation, SIP and XMPP",
      "allow_federated_users",
      "False"}},
    edge_flag("AllowOutsideUsers", "sign-in from the Internet", "allow_outside_users", "True"),
    edge_flag("BeClearingHouse", "for direct and indirect partners", "be_clearing_house", "False"),
    edge_flag("EnablePartnerDiscovery",
              "finds SIP partners by DNS; goes with -UseDnsSrvRouting",
              "enable_partner_discovery",
              "False"),
    edge_flag("EnableArchivingDisclaimer",
              "tells federated partners that messages are archived",
              "enable_archiving_disclaimer",
              "False"),
    edge_flag("EnableUserReplicator", "replicates users", "enable_user_replicator", "False"),
    edge_flag("KeepCrlsUpToDateForPeers",
              "polls revocation lists of partners' certificates",
              "keep_crls_up_to_date_for_peers",
              "True"),
    edge_flag("MarkSourceVerifiableOnOutgoingMessages",
              "marks senders as verified",
              "mark_source_verifiable_on_outgoing_messages",
              "True"),
    edge_number("OutgoingTlsCountForFederatedPartners",
                "parallel connections to a SIP partner, 1 to 4",
                "outgoing_tls_count_for_federated_partners",
                "4"),
    edge_number("DiscoveredPartnerStandardRate",
                "messages a second of a discovered partner",
                "discovered_partner_standard_rate",
                "20"),
    edge_flag("EnableDiscoveredPartnerContactsLimit",
              "limits contacts of a discovered partner",
              "enable_discovered_partner_contacts_limit",
              "True"),
    edge_number("MaxContactsPerDiscoveredPartner",
                "that limit",
                "max_contacts_per_discovered_partner",
                "1000"),
    edge_number("DiscoveredPartnerReportPeriodMinutes",
                "minutes between reports",
                "discovered_partner_report_period_minutes",
                "60"),
    edge_number("MaxAcceptedCertificatesStored",
                "certificate cache",
                "max_accepted_certificates_stored",
                "1000"),
    edge_number("MaxRejectedCertificatesStored",
                "certificate cache",
                "max_rejected_certificates_stored",
                "500"),
    edge_number("CertificatesDeletedPercentage",
                "certificate cache",
                "certificates_deleted_percentage",
                "20"),
    {.parameter = {"RoutingMethod",
                   Type::Choice,
                   "set by -UseDnsSrvRouting or -UseDefaultRouting",
                   "routing_method",
                   "UseDnsSrvRouting",
                   "UseDnsSrvRouting|UseDefaultRouting",
                   kEdgeOnly},
     .is_settable = false},
    {.parameter = {"DefaultRouteFqdn",
                   Type::String,
                   "host of -UseDefaultRouting",
                   "default_route_fqdn",
                   "",
                   "",
                   kEdgeOnly},
     .is_hidden = true},
    {.parameter = {"VerificationLevel",
                   Type::Choice,
                   "goes with -UseDefaultRouting",
                   "verification_level",
                   "UseSourceVerification",
                   kVerificationLevels,
                   kEdgeOnly},
     .is_hidden = true},
    {.parameter = {"IsPublicProvider",
                   Type::Boolean,
                   "goes with -UseDefaultRouting",
                   "is_public_provider",
                   "False",
                   "",
                   kEdgeOnly},
     .is_hidden = true},
    {.parameter = {"DiscoveredPartnerVerificationLevel",
                   Type::Choice,
                   "of discovered partners",
                   "discovered_partner_verification_level",
                   "UseSourceVerification",
                   kVerificationLevels,
                   kEdgeOnly},
     .is_hidden = true},
    {.parameter = {"DnsSrvCacheRecordCount",
                   Type::UInt32,
                   "DNS cache",
                   "dns_srv_cache_record_count",
                   "131072",
                   "",
                   kEdgeOnly},
     .is_hidden = true},
    {.parameter = {"SkypeSearchUrl",
                   Type::String,
                   "directory search",
                   "skype_search_url",
                   "",
                   "",
                   kEdgeOnly},
     .is_hidden = true},
};

}  // namespace

std::span<const Property> edge_properties() {
    return kEdge;
}

}  // namespace isthmus::cli::cs
