// Acknowledged stanzas, as far as streams between servers use them: the elements, and the count of
// stanzas whose fate is known. XEP-0198. Pure.
#pragma once

#include "base/buffer.h"
#include "xml/element.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::xmpp::management {

enum class What : std::uint8_t { Enable, Enabled, Resume, Resumed, Failed, Request, Answer };

/// One element of the protocol, ours to keep.
struct Element {
    What what = What::Request;
    std::optional<std::uint32_t> h;  ///< nothing: absent or no number
    std::string id;                  ///< of the session: `id`, or `previd`
    bool may_resume = false;         ///< resume='true'
    std::chrono::seconds max{};      ///< how long the session is kept; 0: not said

    /// Nothing: not of this protocol, or none that it knows.
    static std::optional<Element> read(const xml::Element& element);
};

void write_enable(Buffer& to, bool may_resume);
void write_enabled(Buffer& to);
void write_resume(Buffer& to, std::string_view id, std::uint32_t h);
/// `condition`: a stanza error's.
void write_failed(Buffer& to, std::string_view condition);
void write_request(Buffer& to);
void write_answer(Buffer& to, std::uint32_t h);

/// Stanzas that have come in. XEP-0198 §4: handled is what has been taken responsibility for, so
/// the count stops before the first one whose fate is not known.
class Handled {
  public:
    /// The number of the stanza that has just come in.
    std::uint32_t take() {
        fates_.push_back(false);
        return h_ + static_cast<std::uint32_t>(fates_.size());
    }

    /// Its fate is known. Numbers that are not open are ignored.
    void settle(std::uint32_t number);

    /// All up to this one are settled; modulo 2^32.
    std::uint32_t h() const { return h_; }

    /// The number of the newest one.
    std::uint32_t newest() const { return h_ + static_cast<std::uint32_t>(fates_.size()); }

    /// Since the oldest one without a fate.
    std::size_t open() const { return fates_.size(); }

  private:
    std::uint32_t h_ = 0;
    std::deque<bool> fates_;  ///< of those behind h_
};

}  // namespace isthmus::xmpp::management
