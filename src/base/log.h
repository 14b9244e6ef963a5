// Structured log: one event a line, JSON or text, to stderr. Field names are those of
// docs/operating.md. Never pass message bodies or secrets. Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace isthmus::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warning, Error };
enum class Format : std::uint8_t { Json, Text };

struct Field {
    using Value = std::variant<std::string_view, std::int64_t, double, bool>;

    Field(std::string_view k, std::string_view v) : key(k), value(v) {}

    Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}

    Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}

    Field(std::string_view k, bool v) : key(k), value(v) {}

    Field(std::string_view k, double v) : key(k), value(v) {}

    template <class T>
        requires std::is_integral_v<T>
    Field(std::string_view k, T v) : key(k), value(static_cast<std::int64_t>(v)) {}

    std::string_view key;
    Value value;
};

/// Call once at start; until then Info and above goes to stderr as JSON.
void set_up(Format format, Level level);
void set_level(Level level);
bool is_enabled(Level level);

/// `event` is a stable id ("im.fail"); empty string fields are left out. Values are escaped and
/// cut at 1 KiB (abuse case F06).
void event(Level level, std::string_view event, std::initializer_list<Field> fields = {});
/// As above, with one value that is JSON already (the listeners of daemon.ready).
void event_with_json(Level level,
                     std::string_view event,
                     std::string_view key,
                     std::string_view json);

}  // namespace isthmus::log
