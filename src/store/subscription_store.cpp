#include "store/subscription_store.h"

#include "store/bulk.h"

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace isthmus::store {

namespace {

using subscriptions::Record;
using subscriptions::Standing;

/// Each line of a text; no resource has a line end in it (RFC 7622 §3.4).
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text.append(line).append("\n");
    }
    return text;
}

Record read_record(const Statement& row) {
    return {.user = row.text(0),
            .contact = row.text(1),
            .user_uri = row.text(2),
            .sip_watches_xmpp = static_cast<Standing>(row.number(3)),
            .xmpp_watches_sip = static_cast<Standing>(row.number(4)),
            .since = row.number(5),
            .dialogs = {},
            .shown = lines_of(row.text(6))};
}

/// Gives the dialogs of one page of records to them; both come in the same order.
void add_dialogs(Statement& rows, std::vector<Record>& records) {
    auto record = records.begin();
    while (rows.step()) {
        while (std::tie(record->user, record->contact) <
               std::make_tuple(rows.view(0), rows.view(1))) {
            ++record;
        }
        record->dialogs.push_back({.saved = rows.text(2), .expires_at = rows.number(3)});
    }
}

/// The changes of one transaction, gathered into few statements.
class Writer {
  public:
    explicit Writer(Database& database)
        // Not INSERT OR REPLACE: that would delete the pair and cascade.
        : save_(database,
                "INSERT INTO subscriptions VALUES ",
                "(?, ?, ?, ?, ?, ?, ?)",
                " ON CONFLICT (\"user\", contact) DO UPDATE SET "
                "user_uri = excluded.user_uri, "
                "sip_watches_xmpp = excluded.sip_watches_xmpp, "
                "xmpp_watches_sip = excluded.xmpp_watches_sip, "
                "since = excluded.since, "
                "shown = excluded.shown"),
          erase_(database, kErase, "(?, ?)", kPairsEnd),
          erase_dialogs_(database, kEraseDialogs, "(?, ?)", kPairsEnd),
          save_dialog_(Bulk::insert(
              database, "watch_dialogs", "\"user\", contact, position, saved, expires_at")),
          save_document_(database,
                         "INSERT INTO home_documents VALUES ",
                         "(?, ?, ?)",
                         " ON CONFLICT (\"user\", kind) DO UPDATE SET body = excluded.body"),
          erase_document_(database,
                          "DELETE FROM home_documents WHERE (\"user\", kind) IN "
                          "(SELECT column1, column2 FROM (VALUES ",
                          "(?, ?)",
                          kPairsEnd) {}

    void operator()(const Record& record) {
        save_.bind(record.user).bind(record.contact).bind(record.user_uri);
        save_.bind(static_cast<std::int64_t>(record.sip_watches_xmpp));
        save_.bind(static_cast<std::int64_t>(record.xmpp_watches_sip));
        save_.bind(record.since).bind(text_of(record.shown)).end_row();
        erase_dialogs_.bind(record.user).bind(record.contact).end_row();
        saved_.push_back(&record);
    }

    void operator()(const ErasedPair& pair) {
        // Its dialogs go with it.
        erase_.bind(pair.user).bind(pair.contact).end_row();
    }

    void operator()(const HomeDocument& document) {
        if (document.body.empty()) {
            erase_document_.bind(document.user).bind(document.kind).end_row();
        } else {
            save_document_.bind(document.user).bind(document.kind).bind(document.body).end_row();
        }
    }

    void finish() {
        save_document_.finish();
        erase_document_.finish();
        erase_.finish();
        save_.finish();
        erase_dialogs_.finish();
        for (const Record* record : saved_) {
            std::int64_t position = 0;
            for (const subscriptions::WatchDialog& dialog : record->dialogs) {
                save_dialog_.bind(record->user).bind(record->contact).bind(position++);
                save_dialog_.bind_blob(dialog.saved).bind(dialog.expires_at).end_row();
            }
        }
        save_dialog_.finish();
    }

  private:
    // By way of SELECT: for "IN (VALUES ...)" SQLite reads the whole table, not the key.
    static constexpr const char* kErase =
        "DELETE FROM subscriptions WHERE (\"user\", contact) IN "
        "(SELECT column1, column2 FROM (VALUES ";
    static constexpr const char* kEraseDialogs =
        "DELETE FROM watch_dialogs WHERE (\"user\", contact) IN "
        "(SELECT column1, column2 FROM (VALUES ";
    static constexpr const char* kPairsEnd = ") AS pairs)";

    Bulk save_;
    Bulk erase_;
    Bulk erase_dialogs_;
    Bulk save_dialog_;
    Bulk save_document_;
    Bulk erase_document_;
    std::vector<const Record*> saved_;
};

std::string key_of(const HomeDocument& document) {
    return document.user + "\n\n" + document.kind;  // no contact is that
}

std::string key_of(const auto& pair) {
    return pair.user + '\n' + pair.contact;
}

std::string key_of(const SubscriptionChange& change) {
    return std::visit([](const auto& one) { return key_of(one); }, change);
}

}  // namespace

std::size_t SubscriptionStore::load(const Take& take, std::size_t slice) const {
    Transaction snapshot(database_, Access::Read);
    Statement rows = database_.prepare(
        "SELECT \"user\", contact, user_uri, sip_watches_xmpp, xmpp_watches_sip, since, shown "
        "FROM subscriptions WHERE (\"user\", contact) > (?, ?) "
        "ORDER BY \"user\", contact LIMIT ?");
    Statement dialogs = database_.prepare(
        "SELECT \"user\", contact, saved, expires_at FROM watch_dialogs "
        "WHERE (\"user\", contact) > (?, ?) AND (\"user\", contact) <= (?, ?) "
        "ORDER BY \"user\", contact, position");
    std::size_t total = 0;
    std::string user;
    std::string contact;
    while (true) {
        std::vector<Record> records;
        rows.bind(user).bind(contact).bind(static_cast<std::int64_t>(slice));
        while (rows.step()) {
            records.push_back(read_record(rows));
        }
        if (records.empty()) {
            break;
        }
        const Record& last = records.back();
        dialogs.bind(user).bind(contact).bind(last.user).bind(last.contact);
        add_dialogs(dialogs, records);
        user = last.user;
        contact = last.contact;
        total += records.size();
        take(std::move(records));
    }
    snapshot.commit();
    return total;
}

void SubscriptionStore::write(std::span<const SubscriptionChange> changes) {
    // The last word about a pair holds, so that no statement meets it twice.
    std::vector<const SubscriptionChange*> last;
    std::unordered_set<std::string> seen;
    for (std::size_t i = changes.size(); i-- > 0;) {
        if (changes.size() == 1 || seen.insert(key_of(changes[i])).second) {
            last.push_back(&changes[i]);
        }
    }
    // Each node writes the pairs that it owns.
    Transaction transaction(database_, Access::WriteBeside);
    Writer writer(database_);
    for (const auto* change : std::views::reverse(last)) {
        std::visit(writer, *change);
    }
    writer.finish();
    transaction.commit();
}

}  // namespace isthmus::store
