#include "strongroom_key_backend.h"

#include <stddef.h>

/* The layout is the contract: a compiler that lays a table out otherwise must not build it, and nobody may move a
   member. These numbers may grow at the end of a structure with a new minor version; they never change. */
#define AT(type, member, offset) \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")

_Static_assert(sizeof(void *) == 8, "Strongroom's key backends are for 64-bit machines");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Strongroom's key backends are for little-endian machines");

_Static_assert(sizeof(strongroom_key_bytes) == 16, "strongroom_key_bytes");
_Static_assert(sizeof(strongroom_key_buffer) == 24, "strongroom_key_buffer");
AT(strongroom_key_buffer, capacity, 8);
AT(strongroom_key_buffer, size, 16);

AT(strongroom_key_host, size, 16);
AT(strongroom_key_host, complete, 24);
AT(strongroom_key_host, is_cancelled, 32);
AT(strongroom_key_host, wall_milliseconds, 40);
AT(strongroom_key_host, boot_nanoseconds, 48);
AT(strongroom_key_host, random, 56);
AT(strongroom_key_host, log, 64);
AT(strongroom_key_host, append_audit, 72);
AT(strongroom_key_host, key_dependencies, 80);
_Static_assert(sizeof(strongroom_key_host) == 88, "strongroom_key_host");

AT(strongroom_key_dependencies, is_known, 8);
AT(strongroom_key_dependencies, store_count, 12);
AT(strongroom_key_dependencies, object_count, 16);
AT(strongroom_key_dependencies, upload_count, 24);
AT(strongroom_key_dependencies, byte_count, 32);
AT(strongroom_key_dependencies, locked_count, 40);
AT(strongroom_key_dependencies, locked_until_milliseconds, 48);
AT(strongroom_key_dependencies, document, 56);
_Static_assert(sizeof(strongroom_key_dependencies) == 72, "strongroom_key_dependencies");

AT(strongroom_key_request, context, 8);
AT(strongroom_key_request, input, 24);
_Static_assert(sizeof(strongroom_key_request) == 40, "strongroom_key_request");

AT(strongroom_key_answer, plaintext, 8);
AT(strongroom_key_answer, wrapped, 32);
AT(strongroom_key_answer, key_id, 56);
AT(strongroom_key_answer, key_version, 80);
AT(strongroom_key_answer, document, 104);
AT(strongroom_key_answer, message, 128);
AT(strongroom_key_answer, health, 152);
_Static_assert(sizeof(strongroom_key_answer) == 160, "strongroom_key_answer");

AT(strongroom_key_module, size, 16);
AT(strongroom_key_module, capabilities, 24);
AT(strongroom_key_module, name, 32);
AT(strongroom_key_module, version, 40);
AT(strongroom_key_module, open, 48);
AT(strongroom_key_module, generate_data_key, 56);
AT(strongroom_key_module, unwrap, 64);
AT(strongroom_key_module, rewrap, 72);
AT(strongroom_key_module, describe, 80);
AT(strongroom_key_module, control, 88);
AT(strongroom_key_module, close, 96);
_Static_assert(sizeof(strongroom_key_module) == 104, "strongroom_key_module");
