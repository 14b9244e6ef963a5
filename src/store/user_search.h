// Finding users among a million: prefixes by the indexes of uri and name, any part of a text by an
// index of three-character pieces (FTS5's trigram tokenizer, pg_trgm).
#pragma once

#include "store/config_store.h"

namespace isthmus::store {

UserPage search_users(Database& database, const UserFilter& filter);

}  // namespace isthmus::store
