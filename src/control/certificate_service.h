// The gateway's own certificates: requested, imported, read from files, assigned to uses now or at
// a date, removed. Validate, store, put in force, in that order. Keys are secrets of the store:
// they come in, and never leave. Control thread only.
#pragma once

#include "base/result.h"
#include "control/certificate_checks.h"
#include "control/certificate_documents.h"
#include "control/edit.h"
#include "control/offload.h"
#include "control/policy_service.h"
#include "net/certificate_file.h"
#include "net/certificate_request.h"
#include "net/private_key.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct CertificateContext {
    PolicyService& policies;
    ServedNames served;
    net::Authorities authorities;
    std::function<std::int64_t()> wall;  ///< seconds since 1970
    Offload offload;                     ///< for keys and passwords, which take their time
    /// Whether the use has something to show when nothing is assigned to it.
    std::function<bool(Use)> has_other;
    /// Shows what `shown_by()` says from now on; false if that was not confirmed in time.
    std::function<bool()> put_in_force;
};

/// Which certificates a use gets, and when.
struct Assignment {
    std::vector<std::string> certificates;
    std::int64_t effective = 0;  ///< 0: now
    bool is_beside = false;      ///< added to those that are there, for other names
};

struct CertificateRequest {
    std::string name;
    std::string friendly_name;
    net::KeyKind kind = net::KeyKind::Rsa2048;
    net::RequestSubject subject;
    net::RequestNames names;
};

struct CertificateImport {
    std::string name;  ///< empty: found out from the content
    std::string friendly_name;
    std::vector<std::string> files;  ///< the octets of each; the first may need the password
    std::optional<std::string> password;
    bool is_replacing = false;  ///< a certificate of that name with another key
    std::vector<Use> uses;      ///< assigned to these in the same revision
    std::int64_t effective = 0;
    /// Where the octets are from, and will be read again; both or neither.
    std::string certificate_file;
    std::string private_key_file;
};

class CertificateService {
  public:
    /// Called once, within the call or later.
    using Done = std::function<void(Result<Committed>)>;

    /// Loads what is stored. Throws StoreError, or std::runtime_error on documents that are none.
    explicit CertificateService(CertificateContext context);

    /// Again, when the database holds something else: after a restoration. Throws the same.
    void load();

    const KnownCertificates& all() const { return certificates_; }

    /// NotFound with IST-API-002.
    Result<const KnownCertificate*> find(std::string_view name) const;

    const CertificateUse& use(Use use) const { return uses_[static_cast<std::size_t>(use)]; }

    /// Whose time has come by now: a staged successor counts from its moment on.
    CertificateUse effective_use(Use use) const;
    /// In order, those that have certificate and key.
    std::vector<const KnownCertificate*> shown_by(Use use) const;
    std::vector<Use> uses_of(std::string_view name) const;

    const ServedNames& served() const { return context_.served; }

    const net::Authorities& authorities() const { return context_.authorities; }

    std::int64_t now() const { return context_.wall(); }

    void request(CertificateRequest order, const Edit& edit, const Done& done);
    void import(CertificateImport order, const Edit& edit, const Done& done);
    /// As import(), of a file that was read already; within the call.
    Result<Committed> take(const CertificateImport& order,
                           const net::CertificateFile& file,
                           const Edit& edit);
    Result<Committed> rename(std::string_view name,
                             const std::string& friendly_name,
                             const Edit& edit);
    /// Conflict with IST-API-010 while a use has it, unless forced.
    Result<Committed> erase(std::string_view name, const Edit& edit);

    Result<Committed> assign(Use use, const Assignment& given, const Edit& edit);
    /// Takes all from the use; with `previous` it forgets what was there before.
    Result<Committed> unassign(Use use, bool previous, const Edit& edit);
    /// Stores the successors whose moment has come and puts them in force. True if there were some.
    bool roll_due();

    /// The properties for the API: facts, findings, where it is used.
    boost::json::object shown(const KnownCertificate& one) const;
    boost::json::object shown(Use use) const;
    /// Strong, over what is stored.
    static std::string etag_of(const KnownCertificate& certificate);
    std::string etag_of(Use use) const;

  private:
    struct Plan;  // what one revision changes

    Plan plan(const Edit& edit, std::string action, std::string object) const;
    void put(Plan& plan, KnownCertificate certificate) const;
    void put(Plan& plan, Use use, CertificateUse state) const;
    Result<Committed> commit(Plan plan, const Edit& edit);
    Result<void> add_assignment(Plan& plan, Use use, const Assignment& given, bool force) const;
    KnownCertificate known(Certificate document, std::string key_pem) const;
    std::vector<std::string> chain_pool() const;
    Result<Committed> take_authorities(const CertificateImport& order,
                                       const net::CertificateFile& file,
                                       const Edit& edit);
    Result<Committed> store_import(const CertificateImport& order,
                                   KnownCertificate one,
                                   const Edit& edit);
    std::uint32_t next_request_id() const;

    CertificateContext context_;
    KnownCertificates certificates_;
    std::array<CertificateUse, kUses.size()> uses_;
    std::array<std::string, kUses.size()> use_texts_;  ///< as stored; empty: is not
};

/// 1 to 64 of letters, digits, ". _ -", the first no sign; lower-cased. Syntax with IST-API-001.
Result<std::string> certificate_name(std::string_view given);

}  // namespace isthmus::control
