// What PowerShell's Export-Clixml writes ([MS-PSRP] §2.2.5), as plain data: nothing in it is run or
// decrypted, and everything has a limit.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

struct ClixmlObject;

/// Text, an object or list of the file, or nothing (<Nil/>).
struct ClixmlValue {
    bool is_nil = true;
    std::string text;                      ///< of a primitive; truth is "true" or "false"
    const ClixmlObject* object = nullptr;  ///< in the Clixml that it came from

    /// Its own text, else what the object is called: ToString, FriendlyName, Name. A list has none.
    std::string_view called() const;
};

struct ClixmlObject {
    std::vector<std::string> types;                 ///< without "Deserialized.", "Selected." and
                                                    ///< "#Decorated", the most special first
    std::string text;                               ///< what ToString said, or its number or text
    std::map<std::string, ClixmlValue> properties;  ///< by name in lower case; adapted ones win
    std::vector<std::string> names;                 ///< as they are written
    std::vector<ClixmlValue> items;                 ///< of a list
    bool is_list = false;

    /// Of that name, in lower case; null if there is none or it is nothing.
    const ClixmlValue* find(std::string_view name) const;

    /// What the property of that name is called; empty if there is none.
    std::string said(std::string_view name) const;
    bool is_true(std::string_view name, bool otherwise = false) const;
    std::optional<std::uint64_t> number(std::string_view name) const;
};

struct Clixml {
    std::vector<const ClixmlObject*> pipeline;  ///< in the file's order; the root's children
    std::deque<ClixmlObject> objects;           ///< all of them
};

struct ClixmlLimits {
    std::size_t max_octets = std::size_t{64} << 20U;
    std::size_t max_values = 4'000'000;
    int max_depth = 50;  ///< objects in objects, as PowerShell has it
};

/// UTF-8 of a file in UTF-8 or UTF-16, told by its mark or its first octets; Syntax if it is
/// neither.
Result<std::string> decode_file(std::string octets);

/// `octets` in UTF-8 or UTF-16. Syntax or TooLong, `detail` says what is wrong.
Result<Clixml> read_clixml(std::string octets, const ClixmlLimits& limits = {});

}  // namespace isthmus::cli
