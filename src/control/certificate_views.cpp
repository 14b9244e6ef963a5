// Certificates and uses as the API shows them: what is stored, what is in it, what stands against
// it. Never a private key.
#include "base/digest.h"
#include "base/utc.h"
#include "control/certificate_plan.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace isthmus::control {

namespace json = boost::json;

namespace {

json::array json_list(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

json::array as_json(const std::vector<CertificateFinding>& findings) {
    json::array made;
    for (const CertificateFinding& one : findings) {
        made.push_back(json::object{
            {"code", one.code},
            {"text", one.sentence},
            {"weight", one.weight == CertificateFinding::Weight::Note ? "note" : "obstacle"}});
    }
    return made;
}

std::string_view chain_name(net::ChainState state) {
    constexpr std::string_view kNames[] = {
        "trusted", "other-root", "self-signed", "incomplete", "invalid"};
    return kNames[static_cast<std::size_t>(state)];
}

json::array chain_of(const net::Chain& chain) {
    json::array made;
    for (const std::string& pem : chain.intermediates) {
        if (const auto facts = net::read_certificate_facts(pem)) {
            made.push_back(json::object{
                {"subject", facts->names.subject},
                {"issuer", facts->issuer},
                {"not_after", utc_text(facts->names.not_after.time_since_epoch().count())},
                {"sha256", facts->names.sha256}});
        }
    }
    return made;
}

void add_facts(json::object& to, const net::CertificateFacts& facts) {
    to["subject"] = facts.names.subject;
    to["issuer"] = facts.issuer;
    to["serial_number"] = facts.serial_number;
    to["not_before"] = utc_text(facts.not_before.time_since_epoch().count());
    to["not_after"] = utc_text(facts.names.not_after.time_since_epoch().count());
    to["alternative_names"] = json_list(facts.alternative_names);
    to["thumbprint"] = facts.thumbprint;
    to["sha256"] = facts.names.sha256;
    to["signature"] = facts.signature;
    json::array purposes;
    if (facts.for_servers) {
        purposes.emplace_back("server");
    }
    if (facts.for_clients) {
        purposes.emplace_back("client");
    }
    to["purposes"] = std::move(purposes);
}

json::value text_or_null(std::int64_t seconds) {
    return seconds == 0 ? json::value() : json::value(utc_text(seconds));
}

}  // namespace

json::object CertificateService::shown(const KnownCertificate& one) const {
    const Certificate& document = one.document;
    json::object made{{"name", document.name},
                      {"state", state_of(one, now())},
                      {"uses", json::array()},
                      {"key", document.key}};
    for (const Use use : uses_of(document.name)) {
        made["uses"].as_array().emplace_back(control::name_of(use));
    }
    if (one.facts) {
        add_facts(made, *one.facts);
        made["days_left"] = days_left(*one.facts, now());
        made["chain_state"] = chain_name(one.chain.state);
        made["chain"] = chain_of(one.chain);
        made["certificate"] = document.certificate;
    }
    made["friendly_name"] = document.friendly_name;
    made["source"] = document.source;
    made["public_key"] = document.public_key;
    made["created_at"] = document.created_at;
    if (document.request_id != 0) {
        made["request_id"] = document.request_id;
    }
    made["has_request"] = !document.csr.empty();
    if (!document.certificate_file.empty()) {
        made["certificate_file"] = document.certificate_file;
        made["private_key_file"] = document.private_key_file;
    }
    made["findings"] = as_json(check_certificate(one, now()));
    return made;
}

json::object CertificateService::shown(Use use) const {
    const CertificateUse state = effective_use(use);
    json::object made{{"use", control::name_of(use)},
                      {"certificates", json_list(state.certificates)},
                      {"previous", json_list(state.previous)},
                      {"next", json_list(state.next)},
                      {"effective", text_or_null(state.effective)}};
    const auto all = shown_by(use);
    if (!all.empty()) {
        add_facts(made, *all.front()->facts);
        made["findings"] = as_json(check_names(all, use, context_.served));
    }
    return made;
}

std::string CertificateService::etag_of(const KnownCertificate& certificate) {
    return fmt::format("\"{}\"", digest::sha256_hex(certificate.text).substr(0, 24));
}

std::string CertificateService::etag_of(Use use) const {
    return fmt::format("\"{}\"",
                       digest::sha256_hex(use_texts_[static_cast<std::size_t>(use)]).substr(0, 24));
}

}  // namespace isthmus::control
