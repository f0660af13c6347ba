/* SHA-256, SHA-512 and SHA-1 are used through their plain structures for keyed hashing: their state can then
   stand in locked memory, which no EVP context allows. OpenSSL 3 marks these functions deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
