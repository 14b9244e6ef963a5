#include "sip/transaction_key.h"

namespace isthmus::sip {

namespace {

constexpr std::size_t kKept = 1024;

}  // namespace

TransactionKey::TransactionKey(const Request& request,
                               const net::IpAddress& at,
                               const KeyedHash& hash)
    : branch(request.via.branch),
      host(request.via.host),
      call_id(request.call_id),
      from_tag(request.from.tag().value_or("")),
      from(request.from.uri.text),
      source(at),
      by_request(hash.add(hash.add(request.cseq.number, request.call_id), from_tag)),
      cseq(request.cseq.number),
      port(request.via.port),
      method(request.method),
      is_legacy(!request.via.has_magic_cookie()),
      is_initial(!request.to.tag()) {
    std::uint64_t state = hash.add(port, source.octets());
    if (is_legacy) {
        // RFC 3261 §17.2.3: all of Request-URI, From tag, Call-ID, CSeq and Via, for want of a
        // branch that is unique.
        branch = request.uri.text;
        state ^= by_request;
    }
    by_branch = hash.add(hash.add(state, branch), host);
}

void StoredTransactionKey::assign(const TransactionKey& key) {
    text_.assign(key.branch);
    host_at_ = text_.size();
    text_.append(key.host);
    call_id_at_ = text_.size();
    text_.append(key.call_id);
    from_tag_at_ = text_.size();
    text_.append(key.from_tag);
    from_at_ = text_.size();
    text_.append(key.from);
    source_ = key.source;
    cseq_ = key.cseq;
    port_ = key.port;
    method_ = key.method;
    is_legacy_ = key.is_legacy;
}

bool StoredTransactionKey::is_transaction_of(const TransactionKey& key) const {
    const bool is_same = part(0, host_at_) == key.branch &&
                         part(host_at_, call_id_at_) == key.host && port_ == key.port &&
                         source_ == key.source && is_legacy_ == key.is_legacy;
    if (!is_same || !is_legacy_) {
        return is_same;
    }
    return cseq_ == key.cseq && part(call_id_at_, from_tag_at_) == key.call_id &&
           part(from_tag_at_, from_at_) == key.from_tag;
}

/// COMPAT(SIPE 1.25, 2026-11): it draws Call-ID and tag from the second in which it was started, so
/// those who start in one second have the same ones; who they are tells them apart.
bool StoredTransactionKey::is_request_of(const TransactionKey& key) const {
    return cseq_ == key.cseq && method_ == key.method &&
           part(call_id_at_, from_tag_at_) == key.call_id &&
           part(from_tag_at_, from_at_) == key.from_tag && part(from_at_, text_.size()) == key.from;
}

void StoredTransactionKey::shrink() {
    if (text_.capacity() > kKept) {
        text_ = {};
    }
}

}  // namespace isthmus::sip
