#include "control/certificate_documents.h"

#include "base/text.h"
#include "base/utc.h"
#include "store/config_store.h"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::string_view kKeyPrefix = "certificate/";

struct UseRow {
    std::string_view name;
    std::array<std::string_view, 2> other_names;
};

constexpr UseRow kUseRows[] = {
    {"sip", {"sip-external", "sip-internal"}},
    {"xmpp-s2s", {"xmpp", "s2s"}},
    {"admin", {"admin-web", "panel"}},
};

json::array array_of(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

std::string text_at(const json::object& object, const char* name) {
    return json::value_to<std::string>(object.at(name));
}

std::vector<std::string> texts_at(const json::object& object, const char* name) {
    return json::value_to<std::vector<std::string>>(object.at(name));
}

}  // namespace

std::string key_id_of(std::string_view name) {
    return fmt::format("{}{}", kKeyPrefix, name);
}

bool is_of_certificates(std::string_view kind, std::string_view id) {
    return kind == kCertificateKind || kind == kCertificateUseKind ||
           (kind == store::kSecretKind && id.starts_with(kKeyPrefix));
}

std::string_view name_of(Use use) {
    return kUseRows[static_cast<std::size_t>(use)].name;
}

std::optional<Use> use_named(std::string_view name) {
    for (const Use use : kUses) {
        const UseRow& row = kUseRows[static_cast<std::size_t>(use)];
        if (text::iequals(row.name, name) || text::iequals(row.other_names[0], name) ||
            text::iequals(row.other_names[1], name)) {
            return use;
        }
    }
    return std::nullopt;
}

json::object document_of(const Certificate& certificate) {
    return {{"name", certificate.name},
            {"friendly_name", certificate.friendly_name},
            {"source", certificate.source},
            {"request_id", certificate.request_id},
            {"csr", certificate.csr},
            {"certificate", certificate.certificate},
            {"chain", array_of(certificate.chain)},
            {"certificate_file", certificate.certificate_file},
            {"private_key_file", certificate.private_key_file},
            {"key", certificate.key},
            {"public_key", certificate.public_key},
            {"created_at", certificate.created_at}};
}

json::object document_of(Use use, const CertificateUse& state) {
    return {{"use", name_of(use)},
            {"certificates", array_of(state.certificates)},
            {"previous", array_of(state.previous)},
            {"next", array_of(state.next)},
            {"effective",
             state.effective == 0 ? json::value() : json::value(utc_text(state.effective))},
            {"effective_seconds", state.effective}};
}

Certificate read_certificate(const json::object& document) {
    return {.name = text_at(document, "name"),
            .friendly_name = text_at(document, "friendly_name"),
            .source = text_at(document, "source"),
            .request_id = json::value_to<std::uint32_t>(document.at("request_id")),
            .csr = text_at(document, "csr"),
            .certificate = text_at(document, "certificate"),
            .chain = texts_at(document, "chain"),
            .certificate_file = text_at(document, "certificate_file"),
            .private_key_file = text_at(document, "private_key_file"),
            .key = text_at(document, "key"),
            .public_key = text_at(document, "public_key"),
            .created_at = text_at(document, "created_at")};
}

CertificateUse read_certificate_use(const json::object& document) {
    return {.certificates = texts_at(document, "certificates"),
            .previous = texts_at(document, "previous"),
            .next = texts_at(document, "next"),
            .effective = json::value_to<std::int64_t>(document.at("effective_seconds"))};
}

}  // namespace isthmus::control
