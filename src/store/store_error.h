// What the store throws; control/ catches it.
#pragma once

#include <stdexcept>

namespace isthmus::store {

/// The message names the statement and the database's reason, never a value of a row.
class StoreError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What is stored is not what the caller changed: someone else was quicker. Nothing was changed.
class StoreConflict : public StoreError {
  public:
    using StoreError::StoreError;
};

/// What is read was written by a newer program.
class NewerFormat : public StoreError {
  public:
    using StoreError::StoreError;
};

/// What the database, or its disk, has lost or changed.
class DatabaseDamaged : public StoreError {
  public:
    using StoreError::StoreError;
};

/// A secret was sealed by a key that is not in the key file.
class KeyMissing : public StoreError {
  public:
    using StoreError::StoreError;
};

}  // namespace isthmus::store
