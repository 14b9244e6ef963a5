// The single-octet code pages of Windows, 1250 to 1258, in which rich text is written. Private to
// the room.
#pragma once

namespace isthmus::translate {

bool is_code_page(int code_page);

/// 0: that octet means nothing there, or the page is not one of ours.
char32_t from_code_page(unsigned char octet, int code_page);

}  // namespace isthmus::translate
