#include "xmpp/precis.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/usprep.h>

#include <array>
#include <cstdint>

namespace isthmus::xmpp::precis {

namespace {

using icu::Normalizer2;
using icu::UnicodeString;

enum class Property : std::uint8_t { Valid, Contextual, FreeformOnly, Disallowed };

const Normalizer2& nfc() {
    UErrorCode status = U_ZERO_ERROR;
    return *Normalizer2::getNFCInstance(status);
}

const Normalizer2& nfkc() {
    UErrorCode status = U_ZERO_ERROR;
    return *Normalizer2::getNFKCInstance(status);
}

/// Calls `visit(code_point, index)` until it says false; true if it never did.
template <class Visit>
bool for_each(const UnicodeString& text, Visit visit) {
    for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        if (!visit(text.char32At(at), at)) {
            return false;
        }
    }
    return true;
}

bool is_arabic_digit(UChar32 c) {
    return c >= 0x660 && c <= 0x669;
}

bool is_extended_arabic_digit(UChar32 c) {
    return c >= 0x6F0 && c <= 0x6F9;
}

bool is_contextual(UChar32 c) {
    return c == 0xB7 || c == 0x375 || c == 0x5F3 || c == 0x5F4 || c == 0x30FB || c == 0x200C ||
           c == 0x200D || is_arabic_digit(c) || is_extended_arabic_digit(c);
}

// RFC 8264 §8: the order of the tests is part of the algorithm.
Property property_of(UChar32 c) {
    switch (c) {  // §9.6
        case 0xDF:
        case 0x3C2:
        case 0x6FD:
        case 0x6FE:
        case 0xF0B:
        case 0x3007:
            return Property::Valid;
        case 0x640:
        case 0x7FA:
        case 0x302E:
        case 0x302F:
        case 0x303B:
            return Property::Disallowed;
        default:
            break;
    }
    if (c >= 0x3031 && c <= 0x3035) {
        return Property::Disallowed;
    }
    if (is_contextual(c)) {
        return Property::Contextual;
    }
    if (c >= 0x21 && c <= 0x7E) {  // §9.11
        return Property::Valid;
    }
    const auto jamo = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);
    const std::uint32_t category = U_GET_GC_MASK(c);
    if ((category & (U_GC_CN_MASK | U_GC_CC_MASK)) != 0 || jamo == U_HST_LEADING_JAMO ||
        jamo == U_HST_VOWEL_JAMO || jamo == U_HST_TRAILING_JAMO ||
        u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) {
        return Property::Disallowed;
    }
    UErrorCode status = U_ZERO_ERROR;
    if (nfkc().isNormalized(UnicodeString(c), status) == 0) {  // §9.17
        return Property::FreeformOnly;
    }
    constexpr std::uint32_t kLetterDigits = U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK |
                                            U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK |
                                            U_GC_MC_MASK;
    constexpr std::uint32_t kFreeform = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK |
                                        U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;
    return (category & kLetterDigits) != 0 ? Property::Valid
           : (category & kFreeform) != 0   ? Property::FreeformOnly
                                           : Property::Disallowed;
}

bool has_script(UChar32 c, UScriptCode script) {
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(c, &status) == script;
}

// RFC 5892 A.1, the second rule: (Joining_Type:{L,D})(T)*<ZWNJ>(T)*(Joining_Type:{R,D})
bool breaks_a_joining_pair(const UnicodeString& text, int32_t at) {
    const auto joining = [&](int32_t i) {
        return u_getIntPropertyValue(text.char32At(i), UCHAR_JOINING_TYPE);
    };
    int32_t before = at;
    do {
        if (before == 0) {
            return false;
        }
        before = text.moveIndex32(before, -1);
    } while (joining(before) == U_JT_TRANSPARENT);
    int32_t after = at;
    do {
        after = text.moveIndex32(after, 1);
        if (after == text.length()) {
            return false;
        }
    } while (joining(after) == U_JT_TRANSPARENT);
    const auto left = joining(before);
    const auto right = joining(after);
    return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) &&
           (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

/// What the contextual rules ask about the text as a whole, found in one pass.
struct Facts {
    explicit Facts(const UnicodeString& text) {
        for_each(text, [this](UChar32 c, int32_t) {
            has_arabic_digit = has_arabic_digit || is_arabic_digit(c);
            has_extended_arabic_digit = has_extended_arabic_digit || is_extended_arabic_digit(c);
            has_japanese = has_japanese || has_script(c, USCRIPT_HIRAGANA) ||
                           has_script(c, USCRIPT_KATAKANA) || has_script(c, USCRIPT_HAN);
            return true;
        });
    }

    bool has_arabic_digit = false;
    bool has_extended_arabic_digit = false;
    bool has_japanese = false;
};

// RFC 5892 appendix A.
bool is_allowed_here(const UnicodeString& text, const Facts& facts, UChar32 c, int32_t at) {
    constexpr std::uint8_t kVirama = 9;
    const UChar32 before = at == 0 ? 0 : text.char32At(text.moveIndex32(at, -1));
    const int32_t next = text.moveIndex32(at, 1);
    const UChar32 after = next == text.length() ? 0 : text.char32At(next);
    switch (c) {
        case 0x200C:
            return u_getCombiningClass(before) == kVirama || breaks_a_joining_pair(text, at);
        case 0x200D:
            return u_getCombiningClass(before) == kVirama;
        case 0xB7:
            return before == 'l' && after == 'l';
        case 0x375:
            return has_script(after, USCRIPT_GREEK);
        case 0x5F3:
        case 0x5F4:
            return has_script(before, USCRIPT_HEBREW);
        case 0x30FB:
            return facts.has_japanese;
        default:
            return !(facts.has_arabic_digit && facts.has_extended_arabic_digit);
    }
}

bool is_in_class(const UnicodeString& text, bool is_freeform) {
    const Facts facts(text);
    return for_each(text, [&](UChar32 c, int32_t at) {
        switch (property_of(c)) {
            case Property::Valid:
                return true;
            case Property::Contextual:
                return is_allowed_here(text, facts, c, at);
            case Property::FreeformOnly:
                return is_freeform;
            case Property::Disallowed:
                break;
        }
        return false;
    });
}

// RFC 5893 §2, for texts with a right-to-left code point only (RFC 8265 §3.3.3, rule 5).
bool obeys_bidi_rule(const UnicodeString& text) {
    const auto bit = [](UCharDirection d) { return std::uint32_t{1} << d; };
    const std::uint32_t rtl = bit(U_RIGHT_TO_LEFT) | bit(U_RIGHT_TO_LEFT_ARABIC);
    const std::uint32_t arabic_number = bit(U_ARABIC_NUMBER);
    const std::uint32_t number = bit(U_EUROPEAN_NUMBER);
    const std::uint32_t mark = bit(U_DIR_NON_SPACING_MARK);
    const std::uint32_t neutral =
        number | mark | bit(U_EUROPEAN_NUMBER_SEPARATOR) | bit(U_COMMON_NUMBER_SEPARATOR) |
        bit(U_EUROPEAN_NUMBER_TERMINATOR) | bit(U_OTHER_NEUTRAL) | bit(U_BOUNDARY_NEUTRAL);
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t all = 0;
    for_each(text, [&](UChar32 c, int32_t) {
        const std::uint32_t direction = bit(u_charDirection(c));
        first = first == 0 ? direction : first;
        last = direction == mark ? last : direction;
        all |= direction;
        return true;
    });
    if ((all & (rtl | arabic_number)) == 0) {
        return true;
    }
    // A text that begins left to right may hold none of these, so only the other kind is left.
    return (first & rtl) != 0 && (all & ~(rtl | arabic_number | neutral)) == 0 &&
           (last & (rtl | number | arabic_number)) != 0 &&
           (all & (number | arabic_number)) != (number | arabic_number);
}

void map_width(UnicodeString& text) {
    UnicodeString mapped;
    for_each(text, [&](UChar32 c, int32_t) {
        const auto type = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
        UnicodeString narrow;
        if ((type == U_DT_WIDE || type == U_DT_NARROW) &&
            nfkc().getRawDecomposition(c, narrow) != 0) {
            mapped.append(narrow);
        } else {
            mapped.append(c);
        }
        return true;
    });
    text = mapped;
}

// Code point by code point: what a final sigma becomes must not depend on what follows it, or
// mapping twice would differ from mapping once.
void map_case(UnicodeString& text) {
    UnicodeString mapped;
    for_each(text, [&](UChar32 c, int32_t) {
        if (c == 0x130) {
            mapped.append(u'i').append(UChar32{0x307});  // its full mapping, SpecialCasing.txt
        } else {
            mapped.append(u_tolower(c));
        }
        return true;
    });
    text = mapped;
}

bool normalize(UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    text = nfc().normalize(text, status);
    return U_SUCCESS(status) != 0;
}

/// RFC 8264 §7: a profile is applied until nothing changes, three more times at most.
template <class Map>
bool map_until_stable(UnicodeString& text, Map map) {
    for (int i = 0; i < 4; ++i) {
        const UnicodeString before = text;
        if (!map(text)) {
            return false;
        }
        if (text == before) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool is_identifier(const UnicodeString& text) {
    return for_each(text, [](UChar32 c, int32_t) {
        const Property property = property_of(c);
        return property == Property::Valid || property == Property::Contextual;
    });
}

bool map_username(UnicodeString& text) {
    const auto map = [](UnicodeString& t) {
        map_width(t);
        map_case(t);
        return normalize(t);
    };
    // §3.3.2 looks at the class before case and form are mapped, RFC 8264 §7 after that. Both.
    map_width(text);
    return is_identifier(text) && map_until_stable(text, map) && obeys_bidi_rule(text) &&
           is_in_class(text, false);
}

bool map_opaque(UnicodeString& text) {
    const auto map = [](UnicodeString& t) {
        for (int32_t at = 0; at < t.length(); ++at) {
            if (u_charType(t.charAt(at)) == U_SPACE_SEPARATOR) {
                t.setCharAt(at, u' ');
            }
        }
        return normalize(t);
    };
    return map_until_stable(text, map) && is_in_class(text, true);
}

bool map_nodeprep(UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    static const UStringPrepProfile* const profile = [] {
        UErrorCode opened = U_ZERO_ERROR;
        return usprep_openByType(USPREP_RFC3920_NODEPREP, &opened);
    }();
    UnicodeString mapped;
    // One code point becomes at most 18 code units in NFKC.
    const int32_t capacity = text.length() * 18 + 1;
    char16_t* const to = mapped.getBuffer(capacity);
    if (profile == nullptr || to == nullptr) {
        return false;
    }
    const int32_t length = usprep_prepare(profile,
                                          text.getBuffer(),
                                          text.length(),
                                          to,
                                          capacity,
                                          USPREP_ALLOW_UNASSIGNED,
                                          nullptr,
                                          &status);
    mapped.releaseBuffer(U_SUCCESS(status) != 0 ? length : 0);
    text = mapped;
    return U_SUCCESS(status) != 0;
}

}  // namespace isthmus::xmpp::precis
