// Server dialback: the key, the two elements, and the one decision on them. XEP-0220, XEP-0185.
// Pure; connections to authoritative servers are opened by links.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "xml/element.h"
#include "xmpp/stanza_error.h"
#include "xmpp/stream.h"

#include <optional>
#include <string>
#include <string_view>

namespace isthmus::xmpp::dialback {

/// XEP-0185 §3. The fields cannot run into each other: no prepared domain and no stream id of ours
/// holds a blank (abuse case B14).
std::string make_key(std::string_view secret,
                     std::string_view receiving_server,
                     std::string_view originating_server,
                     std::string_view stream_id);

/// Constant-time.
bool is_our_key(std::string_view key,
                std::string_view secret,
                std::string_view receiving_server,
                std::string_view originating_server,
                std::string_view stream_id);

/// <db:result/> or <db:verify/>. The domains are prepared; empty: missing or malformed.
struct Element {
    bool is_verify = false;
    std::string_view from;
    std::string_view to;
    std::string_view id;
    std::string_view type;  ///< empty: a question
    std::string_view key;
    std::string_view condition;  ///< type error: the stanza error condition

    static std::optional<Element> read(const xml::Element& element, Arena& arena);
    Verdict verdict() const;
};

void write_result(Buffer& to, std::string_view from, std::string_view domain, std::string_view key);
void write_verify(Buffer& to,
                  std::string_view from,
                  std::string_view domain,
                  std::string_view id,
                  std::string_view key);
/// Answers to `question`, addresses swapped. Unknown is not an answer: write_error() is.
void write_verdict(Buffer& to, const Element& question, Verdict verdict);
/// XEP-0220 §2.4: the pair is refused, the stream lives on.
void write_error(Buffer& to, const Element& question, Condition condition);

}  // namespace isthmus::xmpp::dialback
