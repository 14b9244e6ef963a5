// The two little documents of instant messaging: message/imdn+xml (RFC 5438 §11) and
// application/im-iscomposing+xml (RFC 3994 §3.4). Private to the room.
#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "translate/message.h"

#include <optional>
#include <string_view>

namespace isthmus::translate {

/// Nothing: a notice that concerns nobody here (processing notifications). Errors: Syntax.
Result<std::optional<ImdnNotice>> read_imdn(std::string_view document, Arena& arena);

/// application/ms-imdn+xml: a message-id and a status of SIP for its recipient. Errors: Syntax.
Result<std::optional<ImdnNotice>> read_ms_imdn(std::string_view document, Arena& arena);

std::string_view write_imdn(const ImdnRequest& asked,
                            ImdnStatus status,
                            std::string_view recipient_uri,
                            Arena& arena);

struct Typing {
    bool is_active = false;
    int lapses_in = 120;  ///< seconds, RFC 3994 §3.3
};

/// Errors: Syntax.
Result<Typing> read_typing(std::string_view document, Arena& arena);

/// KeyboardActivity of clients of the Lync kind, which repeat it while they mean it. Errors:
/// Syntax.
Result<Typing> read_keyboard_activity(std::string_view document, Arena& arena);

/// Static text.
std::string_view write_keyboard_activity(bool is_active);

/// Static text.
std::string_view write_typing(bool is_active);

}  // namespace isthmus::translate
