#include "translate/content.h"

#include "base/text.h"
#include "sip/headers.h"
#include "translate/charset.h"
#include "translate/cpim.h"
#include "translate/html.h"
#include "translate/mime.h"
#include "translate/rtf.h"

#include <array>
#include <optional>

namespace isthmus::translate {

namespace {

using text::iequals;

constexpr int kMaxDepth = 3;
constexpr std::size_t kMaxParts = 16;
constexpr std::string_view kTextPlain = "text/plain";

class Reader {
  public:
    Reader(Arena& arena, Content& into, std::vector<xmpp::LangText>& subjects)
        : arena_(arena), into_(into), subjects_(subjects) {}

    /// One entity with whatever is inside of it.
    bool read(const Entity& entity, int depth) {
        const auto parsed = sip::parse_media_type(entity.content_type);
        if (!parsed || depth > kMaxDepth) {
            return unsupported();
        }
        const sip::MediaType& media = *parsed;
        if (iequals(media.type, "multipart")) {
            return multipart(media, entity.body, depth);
        }
        const bool is_html = media.is("text", "html");
        const bool is_rtf = media.is("text", "rtf") || media.is("application", "rtf");
        const bool is_text = is_html || is_rtf || media.is("text", "plain");
        const bool is_keyboard = media.is("application", "xml");
        const bool is_document = is_keyboard || media.is("application", "im-iscomposing+xml") ||
                                 media.is("application", "ms-imdn+xml") ||
                                 media.is("message", "imdn+xml");
        if (media.is("message", "cpim")) {
            return cpim(entity.body, depth);
        }
        const auto body = is_text || is_document ? transfer_decoded(entity, arena_) : std::nullopt;
        if (!body) {
            return unsupported();
        }
        if (is_rtf) {
            const auto said = rtf_to_text(*body, arena_);
            return said ? add(*said) : unsupported();
        }
        if (is_text) {
            return text(*body, media.param("charset").value_or(std::string_view()), is_html);
        }
        if (media.is("message", "imdn+xml")) {
            return imdn(read_imdn(*body, arena_));
        }
        if (media.is("application", "ms-imdn+xml")) {
            return imdn(read_ms_imdn(*body, arena_));
        }
        return is_keyboard && body->find("KeyboardActivity") == std::string_view::npos
                   ? unsupported()
                   : typing(is_keyboard ? read_keyboard_activity(*body, arena_)
                                        : read_typing(*body, arena_));
    }

    bool text(std::string_view octets, std::string_view charset, bool is_html) {
        const auto utf8 = to_utf8(octets, charset, arena_);
        if (!utf8) {
            return unsupported();
        }
        std::string_view said = with_line_feeds(*utf8, arena_);
        if (is_html) {
            said = html_to_text(said, arena_);
        }
        return add(said);
    }

    bool add(std::string_view said) {
        const bool is_first = into_.kind != Content::Kind::Text;
        into_.text = is_first ? said : arena_.concat(into_.text, "\n", said);
        into_.kind = Content::Kind::Text;
        return true;
    }

    Refusal refusal() const { return refusal_; }

  private:
    // RFC 3261 §8.2.3: 415 says what would do.
    bool unsupported() {
        refusal_ = {};
        refusal_.status = 415;
        refusal_.add("Accept", kAccept);
        return false;
    }

    bool refused(const Error& error) {
        refusal_ = {};
        refusal_.status = error.kind == ErrorKind::Unsupported ? 488 : 400;
        refusal_.reason = arena_.copy(error.public_text);
        return false;
    }

    bool typing(const Result<Typing>& typing) {
        if (!typing) {
            return refused(typing.error());
        }
        into_.typing = *typing;
        into_.kind = Content::Kind::Typing;
        return true;
    }

    bool imdn(const Result<std::optional<ImdnNotice>>& notice) {
        if (!notice) {
            return refused(notice.error());
        }
        if (*notice) {
            into_.notice = **notice;
            into_.kind = Content::Kind::Notice;
        }
        return true;
    }

    bool cpim(std::string_view body, int depth) {
        auto cpim = read_cpim(body, arena_);
        if (!cpim) {
            return refused(cpim.error());
        }
        if (!read(cpim->content, depth + 1)) {
            return false;
        }
        into_.imdn = cpim->imdn;
        subjects_.insert(subjects_.end(), cpim->subjects.begin(), cpim->subjects.end());
        return true;
    }

    bool multipart(const sip::MediaType& media, std::string_view body, int depth) {
        Multipart parts(body, media.param("boundary").value_or(std::string_view()));
        std::array<Entity, kMaxParts> entities;
        std::size_t count = 0;
        while (const auto part = parts.next()) {
            auto entity = read_entity(*part);
            if (!entity || count == kMaxParts) {
                return unsupported();
            }
            if (entity->content_type.empty()) {
                entity->content_type = kTextPlain;  // RFC 2046 §5.1
            }
            entities[count++] = *entity;
        }
        const std::span all(entities.data(), count);
        if (iequals(media.subtype, "alternative")) {
            return alternative(all, depth);
        }
        const bool first_only =
            iequals(media.subtype, "signed") || iequals(media.subtype, "related");
        return mixed(first_only && count > 1 ? all.first(1) : all, depth);
    }

    /// Plain text before anything else, then what comes last (RFC 2046 §5.1.4).
    bool alternative(std::span<const Entity> parts, int depth) {
        for (const Entity& part : parts) {
            if (text::istarts_with(part.content_type, kTextPlain) && attempt(part, depth + 1)) {
                return true;
            }
        }
        for (std::size_t i = parts.size(); i-- > 0;) {
            if (attempt(parts[i], depth + 1)) {
                return true;
            }
        }
        return unsupported();
    }

    /// read() that leaves nothing behind if it fails.
    bool attempt(const Entity& part, int depth) {
        const Content before = into_;
        const std::size_t subjects = subjects_.size();
        if (read(part, depth)) {
            return true;
        }
        into_ = before;
        subjects_.resize(subjects);
        return false;
    }

    /// All texts; a part that we cannot read must be marked optional (RFC 5621 §3.3 and
    /// erratum 4567 of RFC 3261).
    bool mixed(std::span<const Entity> parts, int depth) {
        bool has_any = false;
        for (const Entity& part : parts) {
            const bool is_read = attempt(part, depth + 1);
            if (!is_read && !part.is_optional()) {
                return false;
            }
            has_any = has_any || is_read;
        }
        return has_any || unsupported();
    }

    Arena& arena_;
    Content& into_;
    std::vector<xmpp::LangText>& subjects_;
    Refusal refusal_;
};

/// The charset parameter if the type is text/plain, which nearly all are.
std::optional<std::string_view> charset_of_plain_text(std::string_view content_type) {
    if (!text::istarts_with(content_type, kTextPlain)) {
        return std::nullopt;
    }
    const std::string_view params = content_type.substr(kTextPlain.size());
    if (params.empty()) {
        return params;
    }
    if (params.front() != ';' || params.find('"') != std::string_view::npos) {
        return std::nullopt;
    }
    return sip::find_param(params, "charset").value_or(std::string_view());
}

}  // namespace

bool read_content(const sip::Request& request,
                  Arena& arena,
                  Content& into,
                  std::vector<xmpp::LangText>& subjects,
                  Refusal& refusal) {
    if (request.body.empty()) {
        return true;
    }
    // RFC 3261 §20.15.
    if (request.content_type.empty()) {
        refusal.status = 400;
        refusal.reason = "Body without Content-Type";
        return false;
    }
    Reader reader(arena, into, subjects);
    bool is_read = false;
    if (const auto charset = charset_of_plain_text(request.content_type)) {
        is_read = reader.text(request.body, *charset, false);
    } else {
        Entity entity;
        entity.content_type = request.content_type;
        entity.disposition =
            request.header(sip::HeaderId::ContentDisposition).value_or(std::string_view());
        entity.body = request.body;
        is_read = reader.read(entity, 0);
        if (!is_read && entity.is_optional()) {
            into = {};
            return true;
        }
    }
    if (!is_read) {
        refusal = reader.refusal();
    }
    return is_read;
}

}  // namespace isthmus::translate
