// Which certificate is shown where: assignment now or at a date, what was there before, removal.
#include "base/text.h"
#include "base/utc.h"
#include "control/certificate_plan.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostOfAUse = 100;

void roll(CertificateUse& state) {
    state.previous = std::exchange(state.certificates, std::exchange(state.next, {}));
    state.effective = 0;
}

}  // namespace

Error crossed(std::string_view what) {
    return make_error(ErrorKind::Conflict,
                      "IST-API-005",
                      fmt::format("{} was changed by somebody else in the meantime.", what),
                      {});
}

CertificateUse CertificateService::effective_use(Use use) const {
    CertificateUse state = this->use(use);
    if (!state.next.empty() && state.effective <= now()) {
        roll(state);
    }
    return state;
}

std::vector<const KnownCertificate*> CertificateService::shown_by(Use use) const {
    std::vector<const KnownCertificate*> made;
    for (const std::string& name : effective_use(use).certificates) {
        const auto found = certificates_.find(name);
        if (found != certificates_.end() && found->second.facts && !found->second.key_pem.empty()) {
            made.push_back(&found->second);
        }
    }
    return made;
}

std::vector<Use> CertificateService::uses_of(std::string_view name) const {
    std::vector<Use> made;
    for (const Use use : kUses) {
        const CertificateUse& state = this->use(use);
        if (std::ranges::find(state.certificates, name) != state.certificates.end() ||
            std::ranges::find(state.next, name) != state.next.end()) {
            made.push_back(use);
        }
    }
    return made;
}

Result<void> CertificateService::add_assignment(Plan& plan,
                                                Use use,
                                                const Assignment& given,
                                                bool force) const {
    const std::int64_t from = std::max(given.effective, now());
    CertificateUse state = plan.uses[static_cast<std::size_t>(use)];
    if (!state.next.empty() && state.effective <= now()) {
        roll(state);
    }
    std::vector<std::string> names =
        given.is_beside ? state.certificates : std::vector<std::string>();
    for (const std::string& name : given.certificates) {
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    }
    if (names.size() > kMostOfAUse) {
        return make_error(
            ErrorKind::Conflict, "IST-CERT-029", "A use can show at most 100 certificates.", {});
    }
    std::vector<const KnownCertificate*> all;
    for (const std::string& name : names) {
        const auto planned = plan.certificates.find(name);
        const auto there = certificates_.find(name);
        if (planned == plan.certificates.end() && there == certificates_.end()) {
            return find(name).error();
        }
        all.push_back(planned != plan.certificates.end() ? &planned->second : &there->second);
        const auto findings = check_certificate(*all.back(), from);
        if (auto refused = refusal(findings, force)) {
            refused->public_text =
                fmt::format("{} cannot be assigned: {}", name, refused->public_text);
            return *std::move(refused);
        }
        for (const CertificateFinding& one : findings) {
            plan.draft.warnings.push_back(fmt::format("{}: {}", name, one.sentence));
        }
    }
    const auto findings = check_names(all, use, context_.served);
    if (auto refused = refusal(findings, force)) {
        refused->public_text = fmt::format(
            "{} cannot be assigned to {}: {}", names.front(), name_of(use), refused->public_text);
        return *std::move(refused);
    }
    for (const CertificateFinding& one : findings) {
        plan.draft.warnings.push_back(fmt::format("{}: {}", names.front(), one.sentence));
    }
    if (given.effective > now()) {
        state.next = std::move(names);
        state.effective = given.effective;
    } else if (state.certificates != names) {
        state.next.clear();
        state.next = std::move(names);
        roll(state);
    }
    put(plan, use, std::move(state));
    return {};
}

Result<Committed> CertificateService::assign(Use use, const Assignment& given, const Edit& edit) {
    if (!edit.if_match.empty() && edit.if_match != etag_of(use)) {
        return crossed(name_of(use));
    }
    if (given.certificates.empty()) {
        return make_error(ErrorKind::Syntax, "IST-API-001", "certificate: is required.", {});
    }
    if (given.effective != 0 && given.effective <= now()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "effective: must be in the future; left out, it is assigned now.",
                          {});
    }
    Assignment wanted = given;
    for (std::string& name : wanted.certificates) {
        name = text::to_lower(name);
    }
    Plan made = plan(edit, "assign", fmt::format("certificate-use/{}", name_of(use)));
    if (auto good = add_assignment(made, use, wanted, edit.force); !good) {
        return good.error();
    }
    made.draft.now = document_of(use, made.uses[static_cast<std::size_t>(use)]);
    return commit(std::move(made), edit);
}

Result<Committed> CertificateService::unassign(Use use, bool previous, const Edit& edit) {
    if (!edit.if_match.empty() && edit.if_match != etag_of(use)) {
        return crossed(name_of(use));
    }
    CertificateUse state = effective_use(use);
    if (previous) {
        state.previous.clear();
    } else {
        state.next.clear();
        state.effective = 0;
        if (!state.certificates.empty() && !edit.force && !context_.has_other(use)) {
            return make_error(
                ErrorKind::Conflict,
                "IST-API-010",
                fmt::format("{} shows it, and would have no certificate any more.", name_of(use)),
                "the configuration file names none: no TLS handshake could succeed");
        }
        if (!state.certificates.empty()) {
            state.previous = std::exchange(state.certificates, {});
        }
    }
    Plan made = plan(edit, "unassign", fmt::format("certificate-use/{}", name_of(use)));
    made.draft.now = document_of(use, state);
    put(made, use, std::move(state));
    return commit(std::move(made), edit);
}

bool CertificateService::roll_due() {
    bool is_any = false;
    for (const Use use : kUses) {
        CertificateUse state = this->use(use);
        if (state.next.empty() || state.effective > now()) {
            continue;
        }
        is_any = true;
        Edit edit{.author = {{"isthmus", "timer"}, Role::Admin}};
        edit.reason = fmt::format("its time came at {}", utc_text(state.effective));
        Plan made = plan(edit, "roll", fmt::format("certificate-use/{}", name_of(use)));
        roll(state);
        put(made, use, std::move(state));
        // Not stored, it is in force by the clock all the same, and tried again.
        if (!commit(std::move(made), edit)) {
            context_.put_in_force();
        }
    }
    return is_any;
}

}  // namespace isthmus::control
