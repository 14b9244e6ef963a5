// What tells one server transaction from another. RFC 3261 §17.2.3, §8.2.2.2.
#pragma once

#include "base/hash.h"
#include "net/address.h"
#include "sip/message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// Of a request at hand: views into it. The source address belongs to it, so that nobody reaches
/// into the transactions of others (abuse case C13).
struct TransactionKey {
    TransactionKey(const Request& request, const net::IpAddress& at, const KeyedHash& hash);

    std::string_view branch;  ///< of an RFC 2543 request: its Request-URI
    std::string_view host;
    std::string_view call_id;
    std::string_view from_tag;
    std::string_view from;  ///< URI
    net::IpAddress source;
    std::uint64_t by_branch = 0;   ///< hash of what makes the transaction
    std::uint64_t by_request = 0;  ///< hash of what makes the request, on whatever path it came
    std::uint32_t cseq = 0;
    std::uint16_t port = 0;
    Method method = Method::Other;
    bool is_legacy = false;   ///< without the magic cookie: the branch does not identify
    bool is_initial = false;  ///< has no To tag
};

/// The same, kept. Assigning again uses the memory again.
class StoredTransactionKey {
  public:
    void assign(const TransactionKey& key);

    /// The same transaction, or (method aside) an ACK or CANCEL for it.
    bool is_transaction_of(const TransactionKey& key) const;
    /// The same request, by another path.
    bool is_request_of(const TransactionKey& key) const;

    Method method() const { return method_; }

    /// Gives memory back if it has grown beyond the usual.
    void shrink();

  private:
    std::string_view part(std::size_t from, std::size_t to) const {
        return std::string_view(text_).substr(from, to - from);
    }

    std::string text_;  // branch, host, Call-ID, From tag, From
    std::size_t host_at_ = 0;
    std::size_t call_id_at_ = 0;
    std::size_t from_tag_at_ = 0;
    std::size_t from_at_ = 0;
    net::IpAddress source_;
    std::uint32_t cseq_ = 0;
    std::uint16_t port_ = 0;
    Method method_ = Method::Other;
    bool is_legacy_ = false;
};

}  // namespace isthmus::sip
