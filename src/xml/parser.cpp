#include "xml/parser.h"

#include "base/prefetch.h"
#include "xml/chars.h"
#include "xml/declaration.h"
#include "xml/framer.h"
#include "xml/tree_reader.h"

#include <algorithm>
#include <array>

namespace isthmus::xml {

namespace {

/// Octets within which elements are read ahead: their trees, too, are to stay in the caches.
constexpr std::size_t kReadAhead = 4096;

constexpr std::string_view kTextOutside = "text outside of an element";

std::size_t blanks_at(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_blank) - text.begin());
}

}  // namespace

/// Elements that have arrived together are read one after the other, and told to the sink, before
/// the first is handed over; what then is left after a stop() is read again.
///
/// An element is first read where it lies. Only if it turns out to be incomplete the framer follows
/// the arriving octets, and it is read once more when it is whole: three looks at an octet at most.
struct StreamParser::State {
    enum class Phase : std::uint8_t { Declaration, Header, Stream, Closed };

    State(StreamSink& to, const Limits& with) : sink(to), limits(with) {
        reader.set_limits(limits);
    }

    /// Each returns how many octets it used up; 0: more are needed, or the fault is set.
    std::size_t read_declaration(std::string_view unread);
    std::size_t read_header(std::string_view unread);
    std::size_t read_elements(std::string_view unread);
    void read_ahead(std::string_view unread, std::size_t at);
    std::size_t read_close(std::string_view unread);
    std::size_t step(std::string_view unread);

    template <class Read>
    std::size_t read_whole(std::string_view unread, Framer::Until until, Read read);
    std::size_t fail(Fault with, std::string_view why);
    std::size_t wait(std::string_view unread);
    void forget_stream();

    StreamSink& sink;
    Limits limits;
    Phase phase = Phase::Declaration;
    Arena root_arena{1024};
    Arena arena;
    TreeReader reader{arena, TreeReader::Mode::Stream};
    Framer framer;
    std::string root_name;
    bool is_partial = false;  ///< something has begun that needs more octets
    bool is_framing = false;
    std::size_t looked_at = 0;  ///< of the declaration or the end tag

    struct Whole {
        const Element* element = nullptr;
        std::size_t end = 0;  ///< from the front of unread
    };

    std::array<Whole, kLookAhead> ahead;  ///< read, not handed over
    std::size_t ahead_count = 0;
    bool is_stopped = false;
    bool is_in_feed = false;
    bool restarts = false;
    Fault fault = Fault::None;
    std::string_view detail;
};

std::size_t StreamParser::State::fail(Fault with, std::string_view why) {
    fault = with;
    detail = why;
    return 0;
}

std::size_t StreamParser::State::wait(std::string_view unread) {
    is_partial = true;
    return unread.size() >= limits.max_element_octets
               ? fail(Fault::TooLarge, "element has too many octets")
               : 0;
}

void StreamParser::State::forget_stream() {
    phase = Phase::Declaration;
    reader.forget_root();
    root_arena.reset();
    arena.reset();
    root_name.clear();
    is_partial = is_framing = restarts = false;
    looked_at = 0;
    fault = Fault::None;
    detail = {};
}

std::size_t StreamParser::State::read_declaration(std::string_view unread) {
    const std::size_t found = unread.find("?>", looked_at);
    if (found == std::string_view::npos) {
        looked_at = unread.size() - 1;
        return wait(unread);
    }
    const std::string_view declaration = unread.substr(0, found + 2);
    const Fault bad = check_declaration(declaration);
    if (bad != Fault::None) {
        return fail(bad, "XML declaration");
    }
    looked_at = 0;
    is_partial = false;
    phase = Phase::Header;
    return declaration.size();
}

// At a '<'. `read` reads one thing with the reader, given its first octet and the end of what may
// be looked at.
template <class Read>
std::size_t StreamParser::State::read_whole(std::string_view unread,
                                            Framer::Until until,
                                            Read read) {
    const std::string_view allowed = unread.substr(0, limits.max_element_octets);
    const char* const begin = allowed.data();
    auto progress = Progress::Incomplete;
    if (!is_framing) {
        arena.reset();
        progress = read(begin, begin + allowed.size());
        if (progress == Progress::Incomplete) {
            is_framing = true;
            framer.reset(until);
        }
    }
    if (is_framing) {
        const Framer::Found found = framer.look(allowed, limits.max_depth);
        if (found == Framer::Found::Nothing) {
            return wait(unread);
        }
        if (found == Framer::Found::Fault) {
            return fail(framer.fault(), framer.fault_detail());
        }
        arena.reset();
        progress = read(begin, begin + framer.position());
    }
    if (progress == Progress::Failed) {
        return fail(reader.fault(), reader.fault_detail());
    }
    if (progress == Progress::Incomplete) {
        return fail(Fault::NotWellFormed, "start and end tags do not match");
    }
    is_framing = is_partial = false;
    return static_cast<std::size_t>(reader.position() - begin);
}

std::size_t StreamParser::State::read_header(std::string_view unread) {
    const std::size_t used =
        read_whole(unread, Framer::Until::StartTagEnds, [this](const char* begin, const char* end) {
            return reader.read_start_tag(begin, end);
        });
    if (used == 0) {
        return 0;
    }
    root_name = reader.root_name();
    const bool is_empty = reader.is_empty();
    reader.inherit_from_root(root_arena);
    phase = is_empty ? Phase::Closed : Phase::Stream;
    sink.on_stream_open(*reader.element(), reader.inherited_default());
    if (is_empty) {
        sink.on_stream_close();
    }
    return used;
}

std::size_t StreamParser::State::read_elements(std::string_view unread) {
    const std::size_t used =
        read_whole(unread, Framer::Until::ElementEnds, [this](const char* begin, const char* end) {
            return reader.read_element(begin, end);
        });
    if (used == 0) {
        return 0;
    }
    ahead[0] = {.element = reader.element(), .end = used};
    ahead_count = 1;
    read_ahead(unread, used);
    for (std::size_t i = 0; i < ahead_count && ahead_count > 1; ++i) {
        sink.on_element_ahead(*ahead[i].element);
    }
    std::size_t done = 0;
    for (std::size_t i = 0; i < ahead_count && !is_stopped; ++i) {
        sink.on_element(*ahead[i].element);
        done = ahead[i].end;
    }
    return done;
}

/// Whatever is not a whole good element is left to step().
void StreamParser::State::read_ahead(std::string_view unread, std::size_t at) {
    const std::string_view allowed = unread.substr(0, kReadAhead);
    const char* const begin = allowed.data();
    const std::size_t most = limits.max_element_octets;
    while (ahead_count < ahead.size() && at + 1 < allowed.size() && allowed[at] == '<' &&
           allowed[at + 1] != '/' &&
           reader.read_element(begin + at, begin + std::min(allowed.size(), at + most)) ==
               Progress::Complete) {
        at = static_cast<std::size_t>(reader.position() - begin);
        ahead[ahead_count++] = {.element = reader.element(), .end = at};
    }
}

std::size_t StreamParser::State::read_close(std::string_view unread) {
    const std::size_t found = unread.find('>', looked_at);
    if (found == std::string_view::npos) {
        looked_at = unread.size();
        return wait(unread);
    }
    const std::string_view inside = unread.substr(2, found - 2);
    if (!inside.starts_with(root_name) ||
        blanks_at(inside.substr(root_name.size())) != inside.size() - root_name.size()) {
        return fail(Fault::NotWellFormed, "end tag does not match the start tag");
    }
    looked_at = 0;
    is_partial = false;
    phase = Phase::Closed;
    sink.on_stream_close();
    return found + 1;
}

std::size_t StreamParser::State::step(std::string_view unread) {
    if (phase == Phase::Declaration && !may_be_declaration(unread)) {
        // RFC 6120 §11.6: UTF-8 only. These two octets begin UTF-16.
        if (unread.starts_with("\xFE") || unread.starts_with("\xFF")) {
            return fail(Fault::UnsupportedEncoding, "not UTF-8");
        }
        phase = Phase::Header;
    }
    switch (phase) {
        case Phase::Declaration:
            return read_declaration(unread);
        case Phase::Closed:
            return unread.size();  // RFC 6120 §4.4: nothing more is processed
        case Phase::Header:
        case Phase::Stream:
            break;
    }
    const std::size_t blanks = blanks_at(unread);
    if (blanks != 0) {
        return blanks;
    }
    if (unread.front() != '<') {
        return fail(Fault::NotWellFormed, kTextOutside);
    }
    if (unread.size() < (unread.starts_with("<!") ? 3U : 2U)) {
        return wait(unread);
    }
    if (unread.starts_with("<![")) {
        return fail(Fault::NotWellFormed, kTextOutside);
    }
    if (unread[1] == '!' || unread[1] == '?') {
        // RFC 6120 §11.1
        return fail(Fault::RestrictedXml, "comment, instruction or markup declaration");
    }
    if (phase == Phase::Header) {
        return read_header(unread);
    }
    return unread[1] == '/' ? read_close(unread) : read_elements(unread);
}

StreamParser::StreamParser(StreamSink& sink, Limits limits)
    : state_(std::make_unique<State>(sink, limits)) {}

StreamParser::~StreamParser() = default;

std::size_t StreamParser::feed(std::string_view unread) {
    State& state = *state_;
    state.is_stopped = false;
    state.is_in_feed = true;
    std::size_t consumed = 0;
    while (consumed != unread.size() && state.fault == Fault::None && !state.is_stopped) {
        const std::size_t used = state.step(unread.substr(consumed));
        consumed += used;
        if (used == 0) {
            break;
        }
    }
    state.is_in_feed = false;
    if (state.restarts) {
        state.forget_stream();
    }
    return consumed;
}

void StreamParser::restart() {
    // Inside feed() the sink still holds the element.
    state_->is_stopped = state_->restarts = true;
    if (!state_->is_in_feed) {
        state_->forget_stream();
    }
}

void StreamParser::set_limits(Limits limits) {
    state_->limits = limits;
    state_->reader.set_limits(limits);
}

void StreamParser::stop() {
    state_->is_stopped = true;
}

Fault StreamParser::fault() const {
    return state_->fault;
}

std::string_view StreamParser::fault_detail() const {
    return state_->detail;
}

bool StreamParser::is_inside_element() const {
    return state_->is_partial;
}

Arena& StreamParser::arena() {
    return state_->arena;
}

Result<const Element*> parse_document(std::string_view document,
                                      Arena& arena,
                                      const Limits& limits) {
    const auto refuse = [](Fault fault, std::string_view detail) {
        const ErrorKind kind = fault == Fault::TooLarge ? ErrorKind::TooLong : ErrorKind::Syntax;
        return make_error(kind, "XML document is not acceptable", std::string(detail));
    };
    if (document.size() > limits.max_element_octets) {
        return refuse(Fault::TooLarge, "document has too many octets");
    }
    const char* const end = document.data() + document.size();
    if (document.starts_with("\xEF\xBB\xBF")) {
        document.remove_prefix(3);  // XML 1.0 §4.3.3: an encoding signature, no part of the text
    }
    if (document.size() > 5 && may_be_declaration(document)) {
        const std::size_t close = document.find("?>");
        const std::string_view declaration = document.substr(0, close + 2);
        if (close == std::string_view::npos || check_declaration(declaration) != Fault::None) {
            return refuse(Fault::NotWellFormed, "XML declaration");
        }
        document.remove_prefix(declaration.size());
    }
    TreeReader reader(arena, TreeReader::Mode::Document);
    reader.set_limits(limits);
    const Element* root = nullptr;
    const char* at = document.data();
    Progress progress = reader.skip_misc(at, end);
    if (progress == Progress::Complete) {
        at = reader.position();
        if (at == end || *at != '<') {
            return refuse(Fault::NotWellFormed, "no root element");
        }
        progress = reader.read_element(at, end);
    }
    if (progress == Progress::Complete) {
        root = reader.element();
        progress = reader.skip_misc(reader.position(), end);
    }
    if (progress == Progress::Failed) {
        return refuse(reader.fault(), reader.fault_detail());
    }
    if (progress == Progress::Incomplete || reader.position() != end) {
        return refuse(Fault::NotWellFormed, "document ends too early or goes on too long");
    }
    return root;
}

}  // namespace isthmus::xml
