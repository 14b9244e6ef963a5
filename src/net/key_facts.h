// What a public key is, from OpenSSL's object; shared by the units that read certificates and keys.
#pragma once

#include "net/private_key.h"

#include <openssl/types.h>

namespace isthmus::net {

/// Of null: a key of a kind that cannot be read, which is weak.
KeyFacts facts_of(EVP_PKEY* key);

}  // namespace isthmus::net
