#include "base/log.h"

#include "base/text.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>

namespace isthmus::log {

namespace {

std::atomic<Format> g_format{Format::Json};
std::atomic<Level> g_level{Level::Info};

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "isthmus", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

constexpr std::string_view level_name(Level level) {
    constexpr std::string_view kNames[] = {"trace", "debug", "info", "warning", "error"};
    return kNames[static_cast<std::size_t>(level)];
}

using Out = fmt::memory_buffer;

void append_string(Out& out, std::string_view value) {
    constexpr std::size_t kLimit = 1024;
    out.push_back('"');
    std::size_t at = 0;
    while (at < value.size() && at < kLimit) {
        const auto octet = static_cast<unsigned char>(value[at]);
        if (octet == '"' || octet == '\\') {
            out.push_back('\\');
            out.push_back(static_cast<char>(octet));
            ++at;
        } else if (octet < 0x20 || octet == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", octet);
            ++at;
        } else if (octet < 0x80) {
            out.push_back(static_cast<char>(octet));
            ++at;
        } else {
            std::string text;
            text::append_utf8(text, text::next_code_point(value, at));
            out.append(text);
        }
    }
    if (at < value.size()) {
        out.append(std::string_view("..."));
    }
    out.push_back('"');
}

void append_time(Out& out) {
    const auto now = std::chrono::system_clock::now();
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    const auto seconds = static_cast<std::time_t>(micros / 1000000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    fmt::format_to(std::back_inserter(out),
                   "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                   parts.tm_year + 1900,
                   parts.tm_mon + 1,
                   parts.tm_mday,
                   parts.tm_hour,
                   parts.tm_min,
                   parts.tm_sec,
                   micros % 1000000);
}

void append_value(Out& out, const Field::Value& value, bool quoted) {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        if (quoted) {
            append_string(out, *text);
        } else {
            out.append(text::escape_for_log(*text, 1024));
        }
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), "{}", *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        fmt::format_to(std::back_inserter(out), "{:.6g}", *real);
    } else {
        out.append(std::get<bool>(value) ? std::string_view("true") : std::string_view("false"));
    }
}

bool is_empty(const Field::Value& value) {
    const auto* text = std::get_if<std::string_view>(&value);
    return text != nullptr && text->empty();
}

void begin(Out& out, Level level, std::string_view event) {
    if (g_format == Format::Json) {
        out.append(std::string_view(R"({"ts":")"));
        append_time(out);
        fmt::format_to(
            std::back_inserter(out), R"(","level":"{}","event":"{}")", level_name(level), event);
    } else {
        append_time(out);
        fmt::format_to(std::back_inserter(out), " {:7} {}", level_name(level), event);
    }
}

void finish(Out& out) {
    if (g_format == Format::Json) {
        out.push_back('}');
    }
    logger().log(spdlog::level::info, std::string_view(out.data(), out.size()));
}

}  // namespace

void set_up(Format format, Level level) {
    g_format = format;
    g_level = level;
}

void set_level(Level level) {
    g_level = level;
}

bool is_enabled(Level level) {
    return level >= g_level.load(std::memory_order_relaxed);
}

void event(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!is_enabled(level)) {
        return;
    }
    const bool json = g_format == Format::Json;
    Out out;
    begin(out, level, event);
    for (const Field& field : fields) {
        if (is_empty(field.value)) {
            continue;
        }
        fmt::format_to(
            std::back_inserter(out), fmt::runtime(json ? ",\"{}\":" : " {}="), field.key);
        append_value(out, field.value, json);
    }
    finish(out);
}

void event_with_json(Level level,
                     std::string_view event,
                     std::string_view key,
                     std::string_view json_text) {
    if (!is_enabled(level)) {
        return;
    }
    Out out;
    begin(out, level, event);
    fmt::format_to(std::back_inserter(out),
                   fmt::runtime(g_format == Format::Json ? ",\"{}\":{}" : " {}={}"),
                   key,
                   json_text);
    finish(out);
}

}  // namespace isthmus::log
