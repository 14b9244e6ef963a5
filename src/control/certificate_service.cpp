#include "control/certificate_service.h"

#include "base/digest.h"
#include "base/text.h"
#include "base/utc.h"
#include "control/certificate_plan.h"
#include "control/faults.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostFriendlyName = 64;
constexpr std::size_t kMostStored = 1000;

Error busy() {
    return make_error(
        ErrorKind::Limit, "IST-API-043", "Other keys are being made; try again in a moment.", {});
}

/// All files as one.
Result<net::CertificateFile> read_all(const std::vector<std::string>& files,
                                      const std::optional<std::string>& password) {
    net::CertificateFile made;
    for (const std::string& octets : files) {
        auto one = net::read_certificate_file(octets, password);
        if (!one) {
            return one;
        }
        if (!one->key.empty() && !made.key.empty()) {
            return make_error(ErrorKind::Syntax,
                              "IST-CERT-010",
                              "There is more than one private key.",
                              "two of the files bring one");
        }
        made.key += one->key;
        made.friendly_name += made.friendly_name.empty() ? one->friendly_name : "";
        for (std::string& pem : one->certificates) {
            if (std::ranges::find(made.certificates, pem) == made.certificates.end()) {
                made.certificates.push_back(std::move(pem));
            }
        }
    }
    return made;
}

}  // namespace

Result<std::string> certificate_name(std::string_view given) {
    const bool good = !given.empty() && given.size() <= kMostFriendlyName &&
                      text::is_alnum(given.front()) && std::ranges::all_of(given, [](char c) {
                          return text::is_alnum(c) || c == '.' || c == '_' || c == '-';
                      });
    if (!good) {
        return invalid(fmt::format(
            "name '{}': must be 1 to {} letters, digits, dots, hyphens and underscores.",
            text::escape_for_log(given, 80),
            kMostFriendlyName));
    }
    return text::to_lower(given);
}

CertificateService::CertificateService(CertificateContext context) : context_(std::move(context)) {
    load();
}

void CertificateService::load() {
    std::map<std::string, std::string> keys;
    std::vector<std::pair<std::string, json::object>> documents;
    uses_ = {};
    use_texts_ = {};
    context_.policies.store().load_objects(
        [&](std::string_view kind, std::string_view id, std::string_view body) {
            if (!is_of_certificates(kind, id)) {
                return;
            }
            const json::value value = json::parse(body);
            if (kind == kCertificateKind) {
                documents.emplace_back(body, value.as_object());
            } else if (kind == kCertificateUseKind) {
                const auto use = use_named(id);
                if (!use) {
                    throw std::runtime_error(
                        fmt::format("the database holds an unknown certificate use '{}'", id));
                }
                uses_[static_cast<std::size_t>(*use)] = read_certificate_use(value.as_object());
                use_texts_[static_cast<std::size_t>(*use)] = body;
            } else {
                keys.emplace(id, std::string(value.as_string()));
            }
        });
    certificates_.clear();
    for (auto& [text, document] : documents) {
        Certificate read = control::read_certificate(document);
        std::string key = keys[key_id_of(read.name)];
        KnownCertificate made = known(std::move(read), std::move(key));
        made.text = std::move(text);
        std::string name = made.document.name;
        certificates_.emplace(std::move(name), std::move(made));
    }
    // Each chain may end in an authority that was read after it.
    for (auto& [name, one] : certificates_) {
        if (one.facts) {
            one.chain =
                net::complete_chain(one.document.certificate, chain_pool(), context_.authorities);
        }
    }
}

KnownCertificate CertificateService::known(Certificate document, std::string key_pem) const {
    KnownCertificate made{.document = std::move(document),
                          .text = {},
                          .key_pem = std::move(key_pem),
                          .facts = std::nullopt,
                          .chain = {}};
    made.text = json::serialize(document_of(made.document));
    if (!made.document.certificate.empty()) {
        auto facts = net::read_certificate_facts(made.document.certificate);
        if (!facts) {
            throw std::runtime_error(
                fmt::format("the stored certificate '{}' is not valid", made.document.name));
        }
        made.facts = std::move(*facts);
        std::vector<std::string> pool = chain_pool();
        pool.insert(pool.end(), made.document.chain.begin(), made.document.chain.end());
        made.chain = net::complete_chain(made.document.certificate, pool, context_.authorities);
    }
    return made;
}

std::vector<std::string> CertificateService::chain_pool() const {
    std::vector<std::string> made;
    for (const auto& [name, one] : certificates_) {
        made.insert(made.end(), one.document.chain.begin(), one.document.chain.end());
        if (one.facts && one.facts->is_authority) {
            made.push_back(one.document.certificate);
        }
    }
    return made;
}

Result<const KnownCertificate*> CertificateService::find(std::string_view name) const {
    const auto found = certificates_.find(text::to_lower(name));
    if (found == certificates_.end()) {
        return make_error(
            ErrorKind::NotFound,
            "IST-API-002",
            fmt::format("There is no certificate '{}'.", text::escape_for_log(name, 80)),
            {});
    }
    return &found->second;
}

std::uint32_t CertificateService::next_request_id() const {
    std::uint32_t last = 0;
    for (const auto& [name, one] : certificates_) {
        last = std::max(last, one.document.request_id);
    }
    return last + 1;
}

CertificateService::Plan CertificateService::plan(const Edit& edit,
                                                  std::string action,
                                                  std::string object) const {
    return {.draft = context_.policies.draft(edit, std::move(action), std::move(object)),
            .certificates = {},
            .erased = {},
            .uses = uses_,
            .use_texts = use_texts_};
}

void CertificateService::put(Plan& plan, KnownCertificate certificate) const {
    const std::string& name = certificate.document.name;
    const auto before = certificates_.find(name);
    const bool is_there = before != certificates_.end();
    const auto secret = [](const std::string& key) {
        return key.empty() ? std::nullopt : std::optional(json::serialize(json::string(key)));
    };
    plan.draft.record.objects.push_back(
        {std::string(kCertificateKind),
         name,
         is_there ? std::optional(before->second.text) : std::nullopt,
         certificate.text});
    const auto key_before = is_there ? secret(before->second.key_pem) : std::nullopt;
    const auto key_after = secret(certificate.key_pem);
    if (key_before != key_after) {
        plan.draft.record.objects.push_back(
            {std::string(store::kSecretKind), key_id_of(name), key_before, key_after});
    }
    std::string key = name;
    plan.certificates.insert_or_assign(std::move(key), std::move(certificate));
}

void CertificateService::put(Plan& plan, Use use, CertificateUse state) const {
    const auto at = static_cast<std::size_t>(use);
    const bool is_empty = state == CertificateUse{};
    std::string text = is_empty ? "" : json::serialize(document_of(use, state));
    auto optional = [](const std::string& one) {
        return one.empty() ? std::nullopt : std::optional(one);
    };
    if (text != use_texts_[at]) {
        plan.draft.record.objects.push_back({std::string(kCertificateUseKind),
                                             std::string(name_of(use)),
                                             optional(use_texts_[at]),
                                             optional(text)});
    }
    plan.uses[at] = std::move(state);
    plan.use_texts[at] = std::move(text);
}

Result<Committed> CertificateService::commit(Plan plan, const Edit& edit) {
    if (certificates_.size() + plan.certificates.size() > kMostStored) {
        return make_error(ErrorKind::Conflict,
                          "IST-CERT-029",
                          "There are too many certificates; remove some.",
                          {});
    }
    const bool has_changes = !plan.draft.record.objects.empty();
    auto made = context_.policies.commit(std::move(plan.draft), edit);
    if (!made || made->is_dry_run || !has_changes) {
        return made;
    }
    for (auto& [name, one] : plan.certificates) {
        certificates_.insert_or_assign(name, std::move(one));
    }
    for (const std::string& name : plan.erased) {
        certificates_.erase(name);
    }
    uses_ = std::move(plan.uses);
    use_texts_ = std::move(plan.use_texts);
    made->is_in_force = context_.put_in_force() && made->is_in_force;
    return made;
}

void CertificateService::request(CertificateRequest order, const Edit& edit, Done done) {
    if (order.name.empty()) {
        order.name = fmt::format("request-{}", next_request_id());
    }
    if (certificates_.contains(order.name)) {
        done(make_error(ErrorKind::Conflict,
                        "IST-API-003",
                        fmt::format("There is a certificate '{}' already.", order.name),
                        {}));
        return;
    }

    struct Work {
        std::string key;
        Result<std::string> csr = std::string();
    };

    auto work = std::make_shared<Work>();
    auto wanted = std::make_shared<CertificateRequest>(std::move(order));
    const bool is_taken = context_.offload(
        [work, wanted] {
            work->key = net::generate_key(wanted->kind);
            work->csr = net::make_certificate_request(work->key, wanted->subject, wanted->names);
        },
        [this, work, wanted, edit, done] {
            if (!work->csr || certificates_.contains(wanted->name)) {
                done(!work->csr ? work->csr.error()
                                : make_error(ErrorKind::Conflict,
                                             "IST-API-003",
                                             "Another request of that name was quicker.",
                                             {}));
                return;
            }
            const auto facts = net::read_key_facts(work->key);
            Certificate document{.name = wanted->name,
                                 .friendly_name = wanted->friendly_name,
                                 .source = "request",
                                 .request_id = next_request_id(),
                                 .csr = *work->csr,
                                 .key = facts ? facts->name : "",
                                 .public_key = facts ? facts->public_key : "",
                                 .created_at = utc_text(now())};
            Plan made = plan(edit, "request", "certificate/" + wanted->name);
            KnownCertificate one = known(std::move(document), std::move(work->key));
            made.draft.now = shown(one);
            put(made, std::move(one));
            done(commit(std::move(made), edit));
        });
    if (!is_taken) {
        done(busy());
    }
}

void CertificateService::import(CertificateImport order, const Edit& edit, Done done) {
    auto file = std::make_shared<Result<net::CertificateFile>>(net::CertificateFile());
    auto wanted = std::make_shared<CertificateImport>(std::move(order));
    const bool is_taken = context_.offload(
        [file, wanted] {
            *file = read_all(wanted->files, wanted->password);
            std::ranges::for_each(wanted->files, net::wipe);
            if (wanted->password) {
                net::wipe(*wanted->password);
            }
        },
        [this, file, wanted, edit, done] {
            if (!*file) {
                done(file->error());
                return;
            }
            done(take(*wanted, **file, edit));
            net::wipe((*file)->key);
        });
    if (!is_taken) {
        done(busy());
    }
}

Result<Committed> CertificateService::rename(std::string_view name,
                                             const std::string& friendly_name,
                                             const Edit& edit) {
    const auto found = find(name);
    if (!found) {
        return found.error();
    }
    if (!edit.if_match.empty() && edit.if_match != etag_of(**found)) {
        return crossed((*found)->document.name);
    }
    Certificate document = (*found)->document;
    document.friendly_name = friendly_name;
    Plan made = plan(edit, "set", "certificate/" + document.name);
    KnownCertificate one = known(std::move(document), (*found)->key_pem);
    made.draft.now = shown(one);
    put(made, std::move(one));
    return commit(std::move(made), edit);
}

Result<Committed> CertificateService::erase(std::string_view name, const Edit& edit) {
    const auto found = find(name);
    if (!found) {
        return found.error();
    }
    const KnownCertificate& one = **found;
    const std::string& id = one.document.name;
    if (!edit.if_match.empty() && edit.if_match != etag_of(one)) {
        return crossed(id);
    }
    const auto users = uses_of(id);
    if (!users.empty() && !edit.force) {
        return make_error(
            ErrorKind::Conflict,
            "IST-API-010",
            fmt::format("The certificate '{}' is assigned to {}.", id, name_of(users.front())),
            "removed all the same, that use falls back to what the configuration file names");
    }
    Plan made = plan(edit, "delete", "certificate/" + id);
    for (const Use use : kUses) {
        CertificateUse state = uses_[static_cast<std::size_t>(use)];
        for (auto* list : {&state.certificates, &state.previous, &state.next}) {
            std::erase(*list, id);
        }
        if (state.next.empty()) {
            state.effective = 0;
        }
        put(made, use, std::move(state));
    }
    made.draft.record.objects.push_back(
        {std::string(kCertificateKind), id, one.text, std::nullopt});
    if (!one.key_pem.empty()) {
        made.draft.record.objects.push_back({std::string(store::kSecretKind),
                                             key_id_of(id),
                                             json::serialize(json::string(one.key_pem)),
                                             std::nullopt});
    }
    made.erased.push_back(id);
    return commit(std::move(made), edit);
}

}  // namespace isthmus::control
