// From a file that was read to certificates that are stored: whose key is it, what chain has it,
// how is it called.
#include "base/text.h"
#include "base/utc.h"
#include "control/certificate_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

struct Read {
    std::string pem;
    net::CertificateFacts facts;
};

Result<std::vector<Read>> facts_of(const net::CertificateFile& file) {
    std::vector<Read> made;
    for (const std::string& pem : file.certificates) {
        auto facts = net::read_certificate_facts(pem);
        if (!facts) {
            return facts.error();
        }
        made.push_back({pem, std::move(*facts)});
    }
    return made;
}

/// "gateway.contoso.example-2027", of the certificate's first name and the year in which it ends.
std::string name_from(const net::CertificateFacts& facts) {
    const auto& names = facts.names.dns_names;
    std::string name = names.empty() ? facts.names.sha256.substr(0, 16) : names.front();
    if (name.starts_with("*.")) {
        name.replace(0, 1, "wildcard");
    }
    name = name.substr(0, 56);
    return fmt::format(
        "{}-{}", name, utc_text(facts.names.not_after.time_since_epoch().count()).substr(0, 4));
}

Error no_match(std::string evidence) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-012",
                      "The private key is not that of the certificate.",
                      std::move(evidence));
}

Error no_key(const net::CertificateFacts& facts) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-013",
                      "There is no private key for this certificate.",
                      fmt::format("{}: the file brings no key, and no request that was made here "
                                  "has the public key {}",
                                  facts.names.subject,
                                  facts.public_key.substr(0, 16)));
}

/// Which certificate of a file the key belongs to: that of the file, else one that is here.
struct Owned {
    const Read* leaf = nullptr;  ///< nothing: no key belongs to any of them
    std::string key_pem;
    const KnownCertificate* there = nullptr;  ///< whose key it is already
};

Result<Owned> owner_of(const std::vector<Read>& read,
                       const std::string& file_key,
                       const KnownCertificates& known) {
    Owned made;
    if (!file_key.empty()) {
        const auto key = net::read_key_facts(file_key);
        if (!key) {
            return key.error();
        }
        const auto found = std::ranges::find_if(
            read, [&](const Read& one) { return one.facts.public_key == key->public_key; });
        if (found == read.end()) {
            return no_match(fmt::format(
                "the key is {} with the fingerprint {}", key->name, key->public_key.substr(0, 16)));
        }
        made.leaf = &*found;
        made.key_pem = file_key;
        return made;
    }
    for (const Read& one : read) {
        for (const auto& [name, there] : known) {
            if (!there.key_pem.empty() && there.document.public_key == one.facts.public_key) {
                return Owned{&one, there.key_pem, &there};
            }
        }
    }
    return made;
}

/// What is stored of it, but for the chain.
Result<Certificate> document_for(const CertificateImport& order,
                                 const Owned& owned,
                                 const KnownCertificates& known,
                                 std::string created_at) {
    const net::CertificateFacts& facts = owned.leaf->facts;
    std::string name = text::to_lower(order.name);
    if (name.empty()) {
        name = owned.there != nullptr ? owned.there->document.name : name_from(facts);
    }
    Certificate made{.name = name,
                     .source = order.certificate_file.empty() ? "import" : "files",
                     .created_at = std::move(created_at)};
    if (const auto there = known.find(name); there != known.end()) {
        const bool is_same_key = there->second.document.public_key == facts.public_key;
        if (!is_same_key && !order.is_replacing) {
            return make_error(
                ErrorKind::Conflict,
                "IST-API-003",
                fmt::format("There is a certificate '{}' with another key already.", name),
                "choose another name, or say that it is to be replaced (--replace)");
        }
        made = there->second.document;
        made.csr = is_same_key ? made.csr : "";
    }
    made.certificate = owned.leaf->pem;
    made.key = facts.key;
    made.public_key = facts.public_key;
    made.certificate_file = order.certificate_file;
    made.private_key_file = order.private_key_file;
    if (!order.friendly_name.empty()) {
        made.friendly_name = order.friendly_name;
    }
    return made;
}

/// Files that are read again would undo what is imported over them, so they are no longer.
std::optional<std::string> watch_that_ends(const Certificate& now, const KnownCertificates& known) {
    const auto there = known.find(now.name);
    if (there == known.end() || there->second.document.certificate_file.empty() ||
        !now.certificate_file.empty()) {
        return std::nullopt;
    }
    return fmt::format(
        "{}: the files {} and {} are not watched any more; isthmus cert watch {} "
        "begins again",
        now.name,
        there->second.document.certificate_file,
        there->second.document.private_key_file,
        now.name);
}

std::optional<Error> too_weak(const net::CertificateFacts& facts) {
    if (facts.is_weak_key) {
        return make_error(ErrorKind::Syntax,
                          "IST-CERT-017",
                          fmt::format("The key ({}) is one that peers do not accept.", facts.key),
                          {});
    }
    if (facts.is_weak_signature) {
        return make_error(
            ErrorKind::Syntax,
            "IST-CERT-018",
            fmt::format("The certificate is signed with {}, which peers do not accept.",
                        facts.signature),
            {});
    }
    return std::nullopt;
}

}  // namespace

Result<Committed> CertificateService::take_authorities(const CertificateImport& order,
                                                       const net::CertificateFile& file,
                                                       const Edit& edit) {
    Plan made = plan(edit, "import", "certificate/authorities");
    for (const std::string& pem : file.certificates) {
        const auto facts = net::read_certificate_facts(pem);
        std::string name = fmt::format("authority-{}", facts->names.sha256.substr(0, 16));
        if (const auto there = certificates_.find(name); there != certificates_.end()) {
            made.draft.now = shown(there->second);
            continue;
        }
        Certificate document{.name = std::move(name),
                             .friendly_name = order.friendly_name,
                             .source = "import",
                             .certificate = pem,
                             .public_key = facts->public_key,
                             .created_at = utc_text(now())};
        KnownCertificate one = known(std::move(document), {});
        made.draft.now = shown(one);
        put(made, std::move(one));
    }
    auto done = commit(std::move(made), edit);
    if (done && !done->is_dry_run) {
        load();  // chains of others may be complete now
    }
    return done;
}

Result<Committed> CertificateService::take(const CertificateImport& order,
                                           const net::CertificateFile& file,
                                           const Edit& edit) {
    const auto read = facts_of(file);
    if (!read) {
        return read.error();
    }
    if (read->empty()) {
        return make_error(ErrorKind::Syntax,
                          "IST-CERT-010",
                          "The file holds a private key, but no certificate.",
                          {});
    }
    auto owned = owner_of(*read, file.key, certificates_);
    if (!owned) {
        return owned.error();
    }
    if (owned->leaf == nullptr) {
        const auto end =
            std::ranges::find_if(*read, [](const Read& one) { return !one.facts.is_authority; });
        return end != read->end() ? Result<Committed>(no_key(end->facts))
                                  : take_authorities(order, file, edit);
    }
    if (auto refused = too_weak(owned->leaf->facts)) {
        return *std::move(refused);
    }
    auto document = document_for(order, *owned, certificates_, utc_text(now()));
    if (!document) {
        return document.error();
    }
    if (document->friendly_name.empty()) {
        document->friendly_name = file.friendly_name;
    }
    std::vector<std::string> pool = chain_pool();
    pool.insert(pool.begin(), file.certificates.begin(), file.certificates.end());
    const net::Chain chain = net::complete_chain(owned->leaf->pem, pool, context_.authorities);
    document->chain = chain.intermediates;
    if (!chain.root.empty()) {
        document->chain.push_back(chain.root);
    }
    return store_import(order, known(*std::move(document), std::move(owned->key_pem)), edit);
}

Result<Committed> CertificateService::store_import(const CertificateImport& order,
                                                   KnownCertificate one,
                                                   const Edit& edit) {
    const std::string name = one.document.name;
    Plan made = plan(edit, "import", "certificate/" + name);
    if (auto ended = watch_that_ends(one.document, certificates_)) {
        made.draft.warnings.push_back(*std::move(ended));
    }
    for (const CertificateFinding& finding : check_certificate(one, now())) {
        if (finding.code == "IST-CERT-014" && !edit.force) {
            return make_error(ErrorKind::Conflict, finding.code, finding.sentence, {});
        }
        made.draft.warnings.push_back(fmt::format("{}: {}", name, finding.sentence));
    }
    put(made, std::move(one));
    for (const Use use : order.uses) {
        if (auto good = add_assignment(
                made, use, {.certificates = {name}, .effective = order.effective}, edit.force);
            !good) {
            return good.error();
        }
    }
    std::ranges::sort(made.draft.warnings);
    made.draft.warnings.erase(std::ranges::unique(made.draft.warnings).begin(),
                              made.draft.warnings.end());
    made.draft.now = shown(made.certificates.at(name));
    return commit(std::move(made), edit);
}

}  // namespace isthmus::control
