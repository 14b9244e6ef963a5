// The control words of RTF that mean something to a reader of plain text. Private to the room.
#pragma once

#include <array>
#include <string_view>

namespace isthmus::translate {

/// Groups whose text is not the writer's.
inline constexpr std::array<std::string_view, 22> kRtfHiddenGroups{
    "fonttbl",           "colortbl", "stylesheet", "info",      "pict",     "object",
    "objdata",           "header",   "headerl",    "headerr",   "headerf",  "footer",
    "footerl",           "footerr",  "footerf",    "generator", "xmlnstbl", "listtable",
    "listoverridetable", "revtbl",   "rsidtbl",    "themedata"};

struct RtfWord {
    std::string_view word;
    std::string_view text;
};

inline constexpr std::array<RtfWord, 15> kRtfWords{{{"par", "\n"},
                                                    {"line", "\n"},
                                                    {"sect", "\n"},
                                                    {"page", "\n"},
                                                    {"row", "\n"},
                                                    {"cell", "\t"},
                                                    {"tab", "\t"},
                                                    {"emdash", "\xE2\x80\x94"},
                                                    {"endash", "\xE2\x80\x93"},
                                                    {"bullet", "\xE2\x80\xA2"},
                                                    {"lquote", "\xE2\x80\x98"},
                                                    {"rquote", "\xE2\x80\x99"},
                                                    {"ldblquote", "\xE2\x80\x9C"},
                                                    {"rdblquote", "\xE2\x80\x9D"},
                                                    {"emspace", " "}}};

struct RtfFontCharset {
    int charset;
    int code_page;
};

// \fcharset values that name a code page of ours.
inline constexpr std::array<RtfFontCharset, 11> kRtfFontCharsets{{{0, 1252},
                                                                  {161, 1253},
                                                                  {162, 1254},
                                                                  {163, 1258},
                                                                  {177, 1255},
                                                                  {178, 1256},
                                                                  {186, 1257},
                                                                  {204, 1251},
                                                                  {238, 1250},
                                                                  {77, 1252},
                                                                  {2, 1252}}};

}  // namespace isthmus::translate
