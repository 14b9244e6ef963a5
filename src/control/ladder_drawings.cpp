// The ladder for a terminal and as SVG.
#include "base/text.h"
#include "base/utc.h"
#include "control/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kLeft = 13;  ///< columns for the time
constexpr std::size_t kStep = 20;  ///< from lane to lane
constexpr std::size_t kWidth = kLeft + 5 * kStep + 12;
constexpr std::size_t kMostRungs = 10'000;

std::size_t index_of(Lane lane) {
    return static_cast<std::size_t>(lane);
}

std::size_t column_of(std::size_t lane) {
    return kLeft + 2 + lane * kStep;
}

std::string clock_of(double at) {
    const auto thousandths = static_cast<std::int64_t>(std::llround(at * 1000));
    return fmt::format("{}.{:03}", utc_text(thousandths / 1000).substr(11, 8), thousandths % 1000);
}

/// One line of a terminal, a code point a column.
class Line {
  public:
    Line() : cells_(kWidth, U' ') {}

    void put(std::size_t column, std::string_view text, std::size_t most) {
        std::size_t at = 0;
        for (std::size_t i = 0; i < most && at < text.size() && column + i < cells_.size(); ++i) {
            cells_[column + i] = text::next_code_point(text, at);
        }
    }

    void set(std::size_t column, char32_t cell) { cells_.at(column) = cell; }

    std::string text() const {
        std::size_t size = cells_.size();
        while (size != 0 && cells_[size - 1] == U' ') {
            --size;
        }
        std::string made;
        for (std::size_t i = 0; i < size; ++i) {
            text::append_utf8(made, cells_[i]);
        }
        return made + "\n";
    }

  private:
    std::u32string cells_;
};

Line with_lanes() {
    Line line;
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        line.set(column_of(lane), U'│');
    }
    return line;
}

/// Between two lanes that are neighbours, the label in the middle.
void draw_arrow(Line& line,
                std::size_t from,
                std::size_t to,
                char32_t dash,
                bool has_head,
                std::string_view label) {
    const std::size_t first = std::min(column_of(from), column_of(to));
    const std::size_t last = std::max(column_of(from), column_of(to));
    for (std::size_t column = first + 1; column < last; ++column) {
        line.set(column, dash);
    }
    if (has_head) {
        line.set(from < to ? last - 1 : first + 1, from < to ? U'▶' : U'◀');
    }
    if (!label.empty()) {
        const std::size_t most = kStep - 5;
        const std::size_t size = std::min(text::count_code_points(label), most);
        const std::size_t at = first + (kStep - size) / 2;
        line.set(at - 1, U' ');
        line.put(at, label, size);
        line.set(at + size, U' ');
    }
}

void append_note(std::string& to, std::string_view note, std::size_t column) {
    const std::string text = displayed(note, 1000);
    const std::size_t room = kWidth + 20 - column;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        std::size_t blank = 0;
        std::size_t count = 0;
        while (at < text.size() && count++ < room) {
            if (text[at] == ' ') {
                blank = at;
            }
            text::next_code_point(text, at);
        }
        if (at < text.size() && blank > begin) {
            at = blank + 1;
        }
        to.append(column, ' ').append(text.substr(begin, at - begin)).append("\n");
    }
}

void append_rung(std::string& to, const Rung& rung) {
    Line line = with_lanes();
    line.put(0, clock_of(rung.at), kLeft - 1);
    const std::size_t from = index_of(rung.from);
    const std::size_t into = index_of(rung.to);
    const std::string label = displayed(rung.label, 60);
    if (from == into) {
        line.set(column_of(from), U'✗');
        line.put(column_of(from) + 2, label, kStep - 3);
    } else {
        const bool is_band = rung.style == Rung::Style::Band;
        draw_arrow(line, from, into, is_band ? U'═' : U'─', true, label);
        if (rung.is_beyond) {
            const bool is_sip = std::min(from, into) == index_of(Lane::SipPeer);
            const std::size_t outer = index_of(is_sip ? Lane::SipClient : Lane::PartnerUser);
            const std::size_t inner = index_of(is_sip ? Lane::SipPeer : Lane::PartnerServer);
            // It goes the way of the arrow: out to the client, or in from there.
            from == inner ? draw_arrow(line, outer, inner, U'┄', true, {})
                          : draw_arrow(line, inner, outer, U'┄', true, {});
        }
    }
    to += line.text();
    if (!rung.note.empty()) {
        append_note(to, rung.note, column_of(std::min(from, into)) + 2);
    }
}

// --- SVG --------------------------------------------------------------------------------------

constexpr int kSvgStep = 170;
constexpr int kSvgLeft = 140;
constexpr int kSvgRow = 34;
constexpr int kSvgTop = 90;

int x_of(Lane lane) {
    return kSvgLeft + static_cast<int>(index_of(lane)) * kSvgStep;
}

std::string_view colour_of(Rung::Style style) {
    switch (style) {
        case Rung::Style::Sip:
            return "#1f5fa8";
        case Rung::Style::Xmpp:
            return "#2f7d32";
        case Rung::Style::Band:
            return "#6b6b6b";
        default:
            return "#b3261e";
    }
}

std::string svg_arrow(int from, int to, int y, std::string_view colour, bool is_dotted) {
    const int head = from < to ? -8 : 8;
    return fmt::format(
        "<line x1=\"{0}\" y1=\"{2}\" x2=\"{1}\" y2=\"{2}\" stroke=\"{3}\" stroke-width=\"1.5\"{4}/>"
        "<path d=\"M{1} {2} l{5} -4 v8 z\" fill=\"{3}\"/>\n",
        from,
        to,
        y,
        colour,
        is_dotted ? " stroke-dasharray=\"2 4\"" : "",
        head);
}

std::string svg_text(int x,
                     int y,
                     std::string_view anchor,
                     std::string_view colour,
                     std::string_view text,
                     std::size_t limit) {
    return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n",
                       x,
                       y,
                       anchor,
                       colour,
                       displayed_xml(text, limit));
}

std::string svg_rung(const Rung& rung, int y) {
    const std::string_view colour = colour_of(rung.style);
    const int from = x_of(rung.from);
    const int to = x_of(rung.to);
    std::string made = svg_text(8, y + 4, "start", "#6b6b6b", clock_of(rung.at), 20);
    if (rung.from == rung.to) {
        made += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5\" fill=\"{}\"/>\n", from, y, colour);
        made += svg_text(from + 10, y + 4, "start", colour, rung.label + "  " + rung.note, 110);
        return made;
    }
    if (rung.style == Rung::Style::Band) {
        made += fmt::format(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" fill=\"#eeeeee\" "
            "stroke=\"#6b6b6b\"><title>{}</title></rect>\n",
            std::min(from, to),
            y - 9,
            kSvgStep,
            displayed_xml(rung.note.empty() ? rung.label : rung.note, 1000));
        return made + svg_text((from + to) / 2, y + 4, "middle", colour, rung.label, 24);
    }
    made += svg_arrow(from, to, y, colour, false);
    if (rung.is_beyond) {
        const bool is_sip = rung.from == Lane::SipPeer || rung.to == Lane::SipPeer;
        const int outer = x_of(is_sip ? Lane::SipClient : Lane::PartnerUser);
        const int inner = x_of(is_sip ? Lane::SipPeer : Lane::PartnerServer);
        made += from == inner ? svg_arrow(outer, inner, y, colour, true)
                              : svg_arrow(inner, outer, y, colour, true);
    }
    return made + svg_text((from + to) / 2, y - 5, "middle", colour, rung.label, 26);
}

}  // namespace

std::string to_text(const Ladder& ladder) {
    std::string made = displayed(ladder.title) + "\n\n";
    Line head;
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        const std::string_view name = kLanes[lane];
        const std::size_t half = name.size() / 2;
        head.put(std::max(column_of(lane), half + kLeft) - half, name, kStep);
    }
    made += head.text() + with_lanes().text();
    const std::size_t shown = std::min(ladder.rungs.size(), kMostRungs);
    for (std::size_t i = 0; i < shown; ++i) {
        append_rung(made, ladder.rungs[i]);
    }
    if (shown == 0) {
        made += "  nothing has passed yet\n";
    }
    return made;
}

std::string to_svg(const Ladder& ladder) {
    const std::size_t shown = std::min(ladder.rungs.size(), kMostRungs);
    const int height = kSvgTop + kSvgRow * static_cast<int>(std::max<std::size_t>(shown, 1)) + 20;
    const int width = kSvgLeft + 5 * kSvgStep + 110;
    std::string made = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<title>{2}</title>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        width,
        height,
        displayed_xml(ladder.title));
    made += svg_text(8, 24, "start", "#1b1b1b", ladder.title, 200);
    for (std::size_t lane = 0; lane < kLanes.size(); ++lane) {
        const int x = x_of(static_cast<Lane>(lane));
        made += svg_text(x, 56, "middle", "#1b1b1b", kLanes[lane], 40);
        made +=
            fmt::format("<line x1=\"{0}\" y1=\"64\" x2=\"{0}\" y2=\"{1}\" stroke=\"#c8c8c8\"/>\n",
                        x,
                        height - 12);
    }
    for (std::size_t i = 0; i < shown; ++i) {
        made += svg_rung(ladder.rungs[i], kSvgTop + kSvgRow * static_cast<int>(i));
    }
    return made + "</svg>\n";
}

}  // namespace isthmus::control
