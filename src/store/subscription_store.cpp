#include "store/subscription_store.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>
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

/// The rows of watch_dialogs, handed to the records that come by in the same order.
class DialogRows {
  public:
    explicit DialogRows(Database& database)
        : rows_(database.prepare("SELECT user, contact, saved, expires_at FROM watch_dialogs "
                                 "ORDER BY user, contact, position")) {
        next();
    }

    void give_to(Record& record) {
        while (is_there_ && std::tie(user_, contact_) == std::tie(record.user, record.contact)) {
            record.dialogs.push_back({.saved = rows_.text(2), .expires_at = rows_.number(3)});
            next();
        }
    }

  private:
    void next() {
        is_there_ = rows_.step();
        if (is_there_) {
            user_ = rows_.text(0);
            contact_ = rows_.text(1);
        }
    }

    Statement rows_;
    bool is_there_ = false;
    std::string user_;
    std::string contact_;
};

/// The statements of one transaction, prepared once for all its changes.
class Writer {
  public:
    explicit Writer(Database& database)
        // Not INSERT OR REPLACE: that would delete the pair and cascade.
        : save_(database.prepare("INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?) "
                                 "ON CONFLICT (user, contact) DO UPDATE SET "
                                 "user_uri = excluded.user_uri, "
                                 "sip_watches_xmpp = excluded.sip_watches_xmpp, "
                                 "xmpp_watches_sip = excluded.xmpp_watches_sip, "
                                 "since = excluded.since, "
                                 "shown = excluded.shown")),
          erase_(database.prepare("DELETE FROM subscriptions WHERE user = ? AND contact = ?")),
          save_dialog_(database.prepare("INSERT INTO watch_dialogs VALUES (?, ?, ?, ?, ?)")),
          erase_dialogs_(
              database.prepare("DELETE FROM watch_dialogs WHERE user = ? AND contact = ?")) {}

    void operator()(const Record& record) {
        save_.bind(record.user).bind(record.contact).bind(record.user_uri);
        save_.bind(static_cast<std::int64_t>(record.sip_watches_xmpp));
        save_.bind(static_cast<std::int64_t>(record.xmpp_watches_sip));
        save_.bind(record.since).bind(text_of(record.shown)).run();
        erase_dialogs_.bind(record.user).bind(record.contact).run();
        std::int64_t position = 0;
        for (const subscriptions::WatchDialog& dialog : record.dialogs) {
            save_dialog_.bind(record.user).bind(record.contact).bind(position++);
            save_dialog_.bind_blob(dialog.saved).bind(dialog.expires_at).run();
        }
    }

    void operator()(const ErasedPair& pair) {
        // Its dialogs go with it.
        erase_.bind(pair.user).bind(pair.contact).run();
    }

  private:
    Statement save_;
    Statement erase_;
    Statement save_dialog_;
    Statement erase_dialogs_;
};

}  // namespace

std::size_t SubscriptionStore::load(const Take& take, std::size_t slice) const {
    Statement rows = database_.prepare(
        "SELECT user, contact, user_uri, sip_watches_xmpp, xmpp_watches_sip, since, "
        "shown "
        "FROM subscriptions ORDER BY user, contact");
    DialogRows dialogs(database_);
    std::size_t total = 0;
    std::vector<Record> records;
    while (rows.step()) {
        dialogs.give_to(records.emplace_back(read_record(rows)));
        ++total;
        if (records.size() == slice) {
            take(std::exchange(records, {}));
        }
    }
    if (!records.empty()) {
        take(std::move(records));
    }
    return total;
}

void SubscriptionStore::write(std::span<const SubscriptionChange> changes) {
    Transaction transaction(database_);
    Writer writer(database_);
    for (const SubscriptionChange& change : changes) {
        std::visit(writer, change);
    }
    transaction.commit();
}

}  // namespace isthmus::store
