#include "net/certificate_chain.h"

#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

using StorePointer = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextPointer = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

constexpr std::size_t kMostLinks = 10;

struct FreeStack {
    void operator()(STACK_OF(X509) * list) const { sk_X509_free(list); }  // owns no certificate
};

using StackPointer = std::unique_ptr<STACK_OF(X509), FreeStack>;

StorePointer store_of(const Authorities& authorities) {
    StorePointer store(X509_STORE_new());
    if (authorities.is_system) {
        X509_STORE_set_default_paths(store.get());
    }
    for (const std::string& pem : authorities.extra_pems) {
        const BioPointer bio = memory_bio(pem);
        while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
            X509_STORE_add_cert(store.get(), one);
            X509_free(one);
        }
    }
    ERR_clear_error();
    return store;
}

std::string issuer_text(const X509* certificate) {
    const BioPointer sink = memory_sink();
    X509_NAME_print_ex(sink.get(), X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
    return text_of(sink.get());
}

bool has_issued(X509* issuer, X509* subject) {
    return X509_check_issued(issuer, subject) == X509_V_OK &&
           X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
}

bool is_self_signed(X509* certificate) {
    return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0 &&
           has_issued(certificate, certificate);
}

class Climb {
  public:
    Climb(X509Pointer leaf, const std::vector<std::string>& pool, StorePointer store)
        : leaf_(std::move(leaf)), store_(std::move(store)) {
        for (const std::string& pem : pool) {
            if (X509Pointer one = read_x509(pem)) {
                pool_.push_back(std::move(one));
            }
        }
        ERR_clear_error();
    }

    Chain run() {
        X509* top = leaf_.get();
        while (!is_self_signed(top) && !is_issued_by_store(top)) {
            X509* next = issuer_in_pool(top);
            if (next == nullptr || links_.size() == kMostLinks) {
                made_.state = ChainState::Incomplete;
                made_.evidence = issuer_text(top);
                return std::move(made_);
            }
            links_.push_back(next);
            top = next;
        }
        if (is_self_signed(top)) {
            made_.state = top == leaf_.get() ? ChainState::SelfSigned
                          : is_in_store(top) ? ChainState::Trusted
                                             : ChainState::OtherRoot;
            if (top != leaf_.get()) {
                links_.pop_back();
                root_ = top;
                made_.root = to_pem(top);
            }
        } else {
            made_.state = ChainState::Trusted;
        }
        for (X509* link : links_) {
            made_.intermediates.push_back(to_pem(link));
        }
        judge();
        return std::move(made_);
    }

  private:
    X509* issuer_in_pool(X509* subject) {
        X509* best = nullptr;
        for (const X509Pointer& one : pool_) {
            const bool is_new = std::ranges::find(links_, one.get()) == links_.end();
            if (!is_new || !has_issued(one.get(), subject)) {
                continue;
            }
            // Of one authority's certificates, the one that lasts.
            if (best == nullptr ||
                ASN1_TIME_compare(X509_get0_notAfter(one.get()), X509_get0_notAfter(best)) > 0) {
                best = one.get();
            }
        }
        ERR_clear_error();
        return best;
    }

    bool is_issued_by_store(X509* subject) {
        const StoreContextPointer context(X509_STORE_CTX_new());
        X509_STORE_CTX_init(context.get(), store_.get(), nullptr, nullptr);
        X509* found = nullptr;
        const bool is_there =
            X509_STORE_CTX_get1_issuer(&found, context.get(), subject) == 1 && found != nullptr;
        const bool is_issuer = is_there && has_issued(found, subject);
        X509_free(found);
        ERR_clear_error();
        return is_issuer;
    }

    bool is_in_store(X509* root) {
        const StoreContextPointer context(X509_STORE_CTX_new());
        X509_STORE_CTX_init(context.get(), store_.get(), nullptr, nullptr);
        X509* found = nullptr;
        const bool is_there =
            X509_STORE_CTX_get1_issuer(&found, context.get(), root) == 1 && found != nullptr;
        const bool is_same = is_there && X509_cmp(found, root) == 0;
        X509_free(found);
        ERR_clear_error();
        return is_same;
    }

    /// As a peer that trusts the root would judge; the time of the leaf itself is told elsewhere.
    void judge() {
        const StoreContextPointer context(X509_STORE_CTX_new());
        const StackPointer untrusted(sk_X509_new_null());
        for (X509* link : links_) {
            sk_X509_push(untrusted.get(), link);
        }
        if (root_ != nullptr) {
            X509_STORE_add_cert(store_.get(), root_);
        } else if (made_.state == ChainState::SelfSigned) {
            X509_STORE_add_cert(store_.get(), leaf_.get());
        }
        X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
        X509_STORE_CTX_init(context.get(), store_.get(), leaf_.get(), untrusted.get());
        X509_STORE_CTX_set_verify_cb(context.get(), pass_leaf_time);
        if (X509_verify_cert(context.get()) != 1) {
            made_.state = ChainState::Invalid;
            made_.evidence = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
        }
        ERR_clear_error();
    }

    static int pass_leaf_time(int good, X509_STORE_CTX* context) {
        const int error = X509_STORE_CTX_get_error(context);
        const bool is_time =
            error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
        if (good != 1 && is_time && X509_STORE_CTX_get_error_depth(context) == 0) {
            X509_STORE_CTX_set_error(context, X509_V_OK);
            return 1;
        }
        return good;
    }

    X509Pointer leaf_;
    StorePointer store_;
    std::vector<X509Pointer> pool_;
    std::vector<X509*> links_;
    X509* root_ = nullptr;
    Chain made_;
};

}  // namespace

Chain complete_chain(std::string_view certificate_pem,
                     const std::vector<std::string>& pool,
                     const Authorities& authorities) {
    ERR_clear_error();
    X509Pointer leaf = read_x509(certificate_pem);
    if (!leaf) {
        return {
            .state = ChainState::Invalid, .intermediates = {}, .evidence = take_openssl_error()};
    }
    return Climb(std::move(leaf), pool, store_of(authorities)).run();
}

}  // namespace isthmus::net
