/* strongroom_key_backend.h: the contract between Strongroom (the host) and a key backend (the module).
   Licensed under the Apache License 2.0.

   ABI version 1.3, under semantic versioning of its own, independent of Strongroom's version:
     - a new MAJOR may change anything, has an entry symbol of its own (..._v2), and is refused by a host of another
       major;
     - a new MINOR only appends: members at the end of a structure, TLV types, status codes, flags. Nothing moves.
   Each structure says its own size, written by whoever allocates it. A reader must check that size before it touches a
   member that is newer than minor 0, and must not write beyond it.

   A module is trusted code inside the process: this contract guards against mistakes, not against malice.

   How to write one: export `strongroom_key_backend_v1`, return a constant table, pass `strongroom module check`.
   `Tests/Modules/sample_keys.c` is a complete module in C; `Plugins/S3ManagedKeys` is one in Swift.

   THREADS. The host calls any operation from any thread, many at a time (64 and more), on one instance. The module may
   complete an operation on any thread, before or after the operation returns. The module holds none of its own locks
   while it calls the host, and the host holds none of its own while it calls the module: calls may re-enter.

   MEMORY. Nothing allocated on one side is freed on the other. Results go into buffers that the caller provides.
   Everything that a request or an answer points to stays valid and unmoved until the operation's completion is
   called, however late, even when the host has long stopped waiting, and not an instant after. The module copies what
   it wants to keep. Plaintext keys are written only into `answer.plaintext`, which the host places in locked memory
   that is kept out of core dumps; the module zeroes every other copy before it completes.

   COMPLETION. For each operation started, the module calls `host->complete` exactly once. A second call is ignored,
   logged, and counted as a fault of the module. One that never comes costs the host the operation's memory for ever.

   FORK. A module is not called in a forked child. */
#ifndef STRONGROOM_KEY_BACKEND_H
#define STRONGROOM_KEY_BACKEND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. A module built with it fills these into its table. */
enum {
    STRONGROOM_KEY_ABI_MAJOR = 1,
    STRONGROOM_KEY_ABI_MINOR = 4                /* 1: keys of customers, STRONGROOM_KEY_NEEDS_CUSTOMER_KEY
                                                   2: what hangs on a key, `key_dependencies` of the host,
                                                      STRONGROOM_KEY_E_KEY_IN_USE
                                                   3: secrets beside a control request and its answer, reasons of
                                                      refusals, policies of principals
                                                   4: sessions of roles */
};

/* First eight bytes of each table, read as a little-endian integer: "SRKEYMOD" and "SRKEYHST". A table that starts with
   anything else is not one of ours, and none of its other members is read. */
#define STRONGROOM_KEY_MODULE_MAGIC 0x444F4D59454B5253ull
#define STRONGROOM_KEY_HOST_MAGIC 0x54534859454B5253ull

/* The name of the entry symbol, for dlsym. */
#define STRONGROOM_KEY_ENTRY_SYMBOL "strongroom_key_backend_v1"

/* Limits. Part of the contract; a larger value is refused by whoever receives it. */
enum {
    STRONGROOM_KEY_DATA_KEY_SIZE = 32,          /* bytes of a plaintext data key: always exactly this many */
    STRONGROOM_KEY_CUSTOMER_KEY_SIZE = 32,      /* bytes of a customer's key: always exactly this many */
    STRONGROOM_KEY_WRAPPED_MAX = 8192,          /* bytes of a wrapped data key */
    STRONGROOM_KEY_ID_MAX = 2048,               /* bytes of a key id (UTF-8) */
    STRONGROOM_KEY_VERSION_MAX = 128,           /* bytes of a key version (UTF-8) */
    STRONGROOM_KEY_CONTEXT_MAX = 65536,         /* bytes of a request's TLV block, or of an open's configuration */
    STRONGROOM_KEY_CONTROL_REQUEST_MAX = 1048576, /* bytes of a control request (JSON) */
    STRONGROOM_KEY_CONTROL_ANSWER_MAX = 1048576,  /* bytes of a control answer (JSON) */
    STRONGROOM_KEY_CONTROL_SECRET_MAX = 4096,   /* bytes of a secret beside a control request or its answer */
    STRONGROOM_KEY_MESSAGE_MAX = 1024           /* bytes of a diagnostic message (UTF-8) that a host keeps */
};

/* How an operation ended. Closed: a host treats a value that it does not know as STRONGROOM_KEY_E_MODULE_FAULT. */
enum {
    STRONGROOM_KEY_OK = 0,
    /* A buffer of the answer is too small. NOTHING HAS BEEN DONE; each such buffer's `size` says what is needed.
       Only ever answered where a buffer's capacity is below the limit above. */
    STRONGROOM_KEY_E_BUFFER = 1,
    STRONGROOM_KEY_E_KEY_NOT_FOUND = 2,         /* no key has that id or alias, or it has been destroyed */
    STRONGROOM_KEY_E_KEY_DISABLED = 3,          /* the key exists and an administrator has disabled it */
    STRONGROOM_KEY_E_INVALID_KEY_STATE = 4,     /* the key's state (pending deletion or import) forbids the operation */
    STRONGROOM_KEY_E_INVALID_CIPHERTEXT = 5,    /* wrapped key damaged or foreign, or its encryption context differs */
    STRONGROOM_KEY_E_INCORRECT_KEY = 6,         /* wrapped by another key than the expected one */
    STRONGROOM_KEY_E_ACCESS_DENIED = 7,         /* the caller may not use the key this way */
    STRONGROOM_KEY_E_THROTTLED = 8,             /* too many requests: repeat later, with growing pauses */
    STRONGROOM_KEY_E_UNAVAILABLE = 9,           /* the backend or what stands behind it does not answer: repeat later */
    STRONGROOM_KEY_E_DEADLINE_EXCEEDED = 10,    /* not done before the request's deadline */
    STRONGROOM_KEY_E_CANCELLED = 11,            /* not done because the host cancelled it */
    STRONGROOM_KEY_E_INVALID_REQUEST = 12,      /* the request or configuration is malformed: a mistake of the caller */
    STRONGROOM_KEY_E_UNSUPPORTED = 13,          /* this module does not do that, or does not know a critical TLV type */
    STRONGROOM_KEY_E_MODULE_FAULT = 14,         /* a fault inside the module */
    STRONGROOM_KEY_E_WRONG_SECRET = 15,         /* passphrase or root key is not this keyring's: nothing is damaged */
    STRONGROOM_KEY_E_KEYRING_DAMAGED = 16,      /* the keyring's files contradict themselves */
    STRONGROOM_KEY_E_KEYRING_MISSING = 17,      /* the keyring or a file of it is not there */
    STRONGROOM_KEY_E_KEYRING_EXISTS = 18,       /* asked to create a keyring where there is one */
    STRONGROOM_KEY_E_UNSAFE_PERMISSIONS = 19,   /* others can read or replace a secret file: owner, mode or links */
    STRONGROOM_KEY_E_AUDIT_UNAVAILABLE = 20,    /* no durable audit record could be written: nothing was released */
    STRONGROOM_KEY_E_KEY_IN_USE = 21            /* objects that nobody may delete yet would be lost with the key.
                                                   Nothing was done. Only ever answered to a host that has
                                                   `key_dependencies` */
};

/* Bytes that the other side owns and that must not be changed. `data` may be NULL where `size` is 0. */
typedef struct strongroom_key_bytes {
    const uint8_t *data;
    uint64_t size;
} strongroom_key_bytes;

/* Room for bytes, owned by the side that calls. The side that answers writes at most `capacity` bytes to `data` and
   then sets `size` to the bytes written; if that is not enough it writes nothing there, sets `size` to the bytes needed
   and answers STRONGROOM_KEY_E_BUFFER. `data` may be NULL where `capacity` is 0: that asks for the length. */
typedef struct strongroom_key_buffer {
    uint8_t *data;
    uint64_t capacity;
    uint64_t size;
} strongroom_key_buffer;

/* ---- TLV ------------------------------------------------------------------------------------------------------------

   A request's context and an open's configuration are a sequence of entries without padding, little-endian:

       offset 0  u16  type
       offset 2  u16  zero
       offset 4  u32  length of the value in bytes
       offset 8       value

   Text is UTF-8 without a terminating zero. A "pair" is `u32 length of name | name | value to the end of the entry`.
   A type with STRONGROOM_KEY_TLV_CRITICAL set changes what the operation means: whoever does not know it answers
   STRONGROOM_KEY_E_UNSUPPORTED. Every other unknown type is skipped. A type occurs at most once unless "repeated" is
   said. A block that ends inside an entry is STRONGROOM_KEY_E_INVALID_REQUEST. */
enum {
    STRONGROOM_KEY_TLV_CRITICAL = 0x8000,

    /* The caller, on whose behalf the host works. Absent: the account's root, acting inside the process. */
    STRONGROOM_KEY_TLV_PRINCIPAL = 0x0001,           /* text: the principal, an ARN where there is one */
    STRONGROOM_KEY_TLV_ACCOUNT = 0x0002,             /* text: the account that the principal belongs to */
    STRONGROOM_KEY_TLV_PRINCIPAL_TAG = 0x0003,       /* pair, repeated: tag of the principal */
    STRONGROOM_KEY_TLV_MFA_AGE_SECONDS = 0x0004,     /* u64: since multi-factor sign-in; absent: none took place */
    STRONGROOM_KEY_TLV_SOURCE_ADDRESS = 0x0005,      /* text: IPv4 or IPv6 address; absent: embedded, no network */
    STRONGROOM_KEY_TLV_SECURE_TRANSPORT = 0x0006,    /* u8, 0 or 1: the request came over TLS */
    STRONGROOM_KEY_TLV_TLS_VERSION = 0x0007,         /* text, such as "1.3" */
    STRONGROOM_KEY_TLV_VIA_SERVICE = 0x0008,         /* text: the service that calls for the principal, such as "s3" */
    STRONGROOM_KEY_TLV_HAS_POLICIES = 0x8009,        /* u8, always 1, minor 3: where a key leaves the decision to the
                                                        account, the principal's own policies decide, also where there
                                                        are none: then nothing of that is allowed. Absent: the account
                                                        lets all of its principals in. 0 says neither, and is
                                                        STRONGROOM_KEY_E_INVALID_REQUEST. Only for modules with
                                                        STRONGROOM_KEY_HEEDS_POLICIES; others answer
                                                        STRONGROOM_KEY_E_UNSUPPORTED */
    STRONGROOM_KEY_TLV_PRINCIPAL_POLICY = 0x800A,    /* text, repeated, minor 3: one of them, a document of IAM; only
                                                        with STRONGROOM_KEY_TLV_HAS_POLICIES */
    STRONGROOM_KEY_TLV_ROLE = 0x800B,                /* text, minor 4: the principal is a session of the role with that
                                                        ARN: what is said of the role is said of the principal. Only
                                                        with STRONGROOM_KEY_TLV_HAS_POLICIES */
    STRONGROOM_KEY_TLV_SESSION_POLICY = 0x800C,      /* text, minor 4: a document of IAM. The principal may do only what
                                                        it allows as well, but for what is allowed to the principal by
                                                        its own name. Only with STRONGROOM_KEY_TLV_ROLE */

    /* The request. */
    STRONGROOM_KEY_TLV_GRANT_TOKEN = 0x0010,         /* text, repeated */
    STRONGROOM_KEY_TLV_REQUEST_ID = 0x0011,          /* text: for logs and audit */
    STRONGROOM_KEY_TLV_DEADLINE = 0x0012,            /* u64: nanoseconds of the host's boot clock; then nobody waits */

    /* What the operation works on. */
    STRONGROOM_KEY_TLV_KEY_ID = 0x8020,              /* text: key to use, and to expect; absent: module's default key */
    STRONGROOM_KEY_TLV_KEY_VERSION = 0x8021,         /* text: the version recorded when the key was wrapped */
    STRONGROOM_KEY_TLV_ENCRYPTION_CONTEXT = 0x8022,  /* pair, repeated, ascending by bytes of the name, none twice */
    STRONGROOM_KEY_TLV_CUSTOMER_KEY = 0x8023,        /* bytes: STRONGROOM_KEY_CUSTOMER_KEY_SIZE of the caller's own
                                                        key, given with this request and kept by nobody. Only for
                                                        modules with STRONGROOM_KEY_NEEDS_CUSTOMER_KEY. The host holds
                                                        the block in locked memory; the module zeroes every copy
                                                        before it completes */
    STRONGROOM_KEY_TLV_CONTROL_SECRET = 0x8024,      /* bytes, minor 3, for control only: the secret that goes with the
                                                        request, 1 to STRONGROOM_KEY_CONTROL_SECRET_MAX. Held and
                                                        zeroed as a customer's key, which no request has besides. With
                                                        any other operation STRONGROOM_KEY_E_INVALID_REQUEST */

    /* Configuration, for open only. */
    STRONGROOM_KEY_TLV_KEYRING = 0x0101,             /* text: absolute path of the keyring folder */
    STRONGROOM_KEY_TLV_CREATE = 0x8102,              /* u8, 0 or 1: make a new keyring; fail if there is one */
    STRONGROOM_KEY_TLV_SETTING = 0x8103,             /* pair, repeated: a setting the module documents, or refuses */
    STRONGROOM_KEY_TLV_SECRET = 0x8104               /* bytes: the one secret (passphrase, PIN, token) that opens it.
                                                        The host holds it in locked memory and zeroes it when open
                                                        returns; a module that takes none refuses it */
};

/* ---- What the host offers ----------------------------------------------------------------------------------*/

/* Levels of `log`. */
enum {
    STRONGROOM_KEY_LOG_DEBUG = 0,
    STRONGROOM_KEY_LOG_INFO = 1,
    STRONGROOM_KEY_LOG_WARNING = 2,
    STRONGROOM_KEY_LOG_ERROR = 3
};

/* How `append_audit` ends: `status` is STRONGROOM_KEY_OK once the record is durable. Called once, from any thread. */
typedef void (*strongroom_key_audit_done)(void *user, int32_t status);

/* What hangs on a key, as `key_dependencies` answers it. Read-only, and gone when the callback returns. */
typedef struct strongroom_key_dependencies {
    uint64_t size;                              /* bytes of this structure */
    uint32_t is_known;                          /* 1: there are stores in this process, and each has answered. 0: nobody
                                                   could be asked, or not everybody; the numbers are what is known, and
                                                   ZERO DOES NOT MEAN THAT NOTHING HANGS ON THE KEY */
    uint32_t store_count;                       /* how many stores there are, whether or not they answered */
    uint64_t object_count;                      /* objects' versions that are sealed under the key */
    uint64_t upload_count;                      /* uploads in parts that are under way */
    uint64_t byte_count;                        /* of those objects, before sealing */
    uint64_t locked_count;                      /* those of the objects that are locked in compliance mode: nobody may
                                                   delete them yet, so nobody may destroy their key either */
    int64_t locked_until_milliseconds;          /* when the last of them ends, since 1970; 0 where there is none */
    strongroom_key_bytes document;              /* JSON: where, and where it is not known, why */
} strongroom_key_dependencies;

/* How `key_dependencies` ends. Called once, from any thread. */
typedef void (*strongroom_key_dependencies_done)(void *user, const strongroom_key_dependencies *dependencies);

/* The host's table. Constant, and valid as long as the process lives. Every function may be called from any thread.
   `host` is always the value that `open` received: an identifier, not a pointer. After `close` has completed, calls
   with it are ignored; clocks and `random` answer all the same. */
typedef struct strongroom_key_host {
    uint64_t magic;                             /* STRONGROOM_KEY_HOST_MAGIC */
    uint32_t abi_major;                         /* as the host was built; equal to the module's major */
    uint32_t abi_minor;                         /* may be larger or smaller than the module's minor */
    uint64_t size;                              /* bytes of this table */

    /* Ends the operation that was started with `operation`. `status` is one of the codes above. When this returns, the
       request, the answer and all that they point to are gone. */
    void (*complete)(uint64_t host, uint64_t operation, int32_t status);

    /* 1 once nobody waits for `operation` any more (cancelled, past its deadline, completed, unknown); else 0. Cheap:
       poll it before expensive steps and while waiting. A cancelled operation still has to be completed. */
    int32_t (*is_cancelled)(uint64_t host, uint64_t operation);

    /* Milliseconds since 1970-01-01T00:00:00Z. May jump, also back. */
    int64_t (*wall_milliseconds)(uint64_t host);

    /* Nanoseconds since boot. Never goes back. Deadlines are on this clock. */
    uint64_t (*boot_nanoseconds)(uint64_t host);

    /* Fills `data` with `size` random bytes fit for keys. STRONGROOM_KEY_OK, or an error and nothing usable. */
    int32_t (*random)(uint64_t host, uint8_t *data, uint64_t size);

    /* One line of UTF-8, without a terminating zero. Never a secret, not even a hash of one. Returns at once. */
    void (*log)(uint64_t host, uint32_t level, const char *text, uint64_t size);

    /* Appends one record (a JSON object) to the host's audit log. `record` is copied before this returns; `done` is
       called with `user` once the record is durable or cannot be made so (STRONGROOM_KEY_E_AUDIT_UNAVAILABLE),
       perhaps before this returns. A module that audits completes an operation with a key only after its record is
       durable. */
    void (*append_audit)(uint64_t host, strongroom_key_bytes record, strongroom_key_audit_done done, void *user);

    /* Minor 2: read `size` first. Asks the stores of this process what is sealed under a key, as a backend does before
       it lets a key go. `key_id` is the canonical id, as answers have it; `key_version` is one version of it, or empty
       for all. Both are copied before this returns; `done` is called with `user`, perhaps before this returns, and
       never with NULL. A backend that destroys keys refuses with STRONGROOM_KEY_E_KEY_IN_USE where `locked_count` is
       not zero. */
    void (*key_dependencies)(
        uint64_t host, strongroom_key_bytes key_id, strongroom_key_bytes key_version,
        strongroom_key_dependencies_done done, void *user);
} strongroom_key_host;

/* ---- Requests and answers ----------------------------------------------------------------------------------*/

/* What every operation receives. Read-only for the module. */
typedef struct strongroom_key_request {
    uint64_t size;                              /* bytes of this structure */
    strongroom_key_bytes context;               /* TLV block as above */
    strongroom_key_bytes input;                 /* unwrap, rewrap: the wrapped key; control: JSON; else empty */
} strongroom_key_request;

/* Values of `health`. */
enum {
    STRONGROOM_KEY_HEALTH_READY = 0,            /* the key can wrap and unwrap */
    STRONGROOM_KEY_HEALTH_UNWRAP_ONLY = 1,      /* the key can unwrap, and no longer wraps */
    STRONGROOM_KEY_HEALTH_UNAVAILABLE = 2       /* neither at present; the message says why */
};

/* What an operation fills in. A buffer that is not named for an operation is left alone. */
typedef struct strongroom_key_answer {
    uint64_t size;                              /* bytes of this structure */
    strongroom_key_buffer plaintext;            /* generate, unwrap: the data key, STRONGROOM_KEY_DATA_KEY_SIZE bytes;
                                                   control, minor 3: the secret that goes with the answer, where the
                                                   host has given it room */
    strongroom_key_buffer wrapped;              /* generate, rewrap: the wrapped key */
    strongroom_key_buffer key_id;               /* all but control: canonical id of the key used, never an alias: the id
                                                   in the request, or one that ends with "/" and that id, unless the
                                                   request names an alias (which has "alias/" in its name) */
    strongroom_key_buffer key_version;          /* all but control: version that wraps `wrapped` or unwrapped the input;
                                                   describe: the current version */
    strongroom_key_buffer document;             /* control: JSON; minor 3, of a failure and where there is one:
                                                   {"reason":…}, the module's own name for it */
    strongroom_key_buffer message;              /* any failure, and describe: what is wrong and how to remedy it, for a
                                                   person; cut to fit, never STRONGROOM_KEY_E_BUFFER; no secret */
    uint32_t health;                            /* describe */
    uint32_t reserved;                          /* zero */
} strongroom_key_answer;

/* ---- What the module offers ----------------------------------------------------------------------------------*/

/* Bits of `capabilities`. A host that does not know a bit ignores it. */
#define STRONGROOM_KEY_BINDS_CONTEXT 1ull       /* unwrap under another encryption context is refused */
#define STRONGROOM_KEY_RETURNS_PROMPTLY 2ull    /* no operation waits before it returns: neither for disk
                                                          nor network, nor a contended lock. The host then calls on the
                                                          thread at hand; else on threads kept for this module */
#define STRONGROOM_KEY_NEEDS_CUSTOMER_KEY 4ull  /* generate, unwrap and rewrap need STRONGROOM_KEY_TLV_CUSTOMER_KEY: the
                                                   module has no keys of its own, and without one answers
                                                   STRONGROOM_KEY_E_INVALID_REQUEST. Another key than the one that
                                                   wrapped is STRONGROOM_KEY_E_INCORRECT_KEY */
#define STRONGROOM_KEY_HEEDS_POLICIES 8ull      /* minor 3: STRONGROOM_KEY_TLV_PRINCIPAL_POLICY decides, as said there.
                                                   A host asks nothing of other modules for principals with policies */

struct strongroom_key_module;

/* An operation. Starts it and returns; its end is `host->complete(host, operation, status)`, exactly once. `operation`
   is an identifier to be handed back, unique in the process, not a pointer. */
typedef void (*strongroom_key_operation)(
    void *instance, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation);

/* The module's table. Constant, and valid as long as the process lives: modules are never unloaded.
   No function is NULL. */
typedef struct strongroom_key_module {
    uint64_t magic;                             /* STRONGROOM_KEY_MODULE_MAGIC */
    uint32_t abi_major;                         /* STRONGROOM_KEY_ABI_MAJOR of the header it was built with */
    uint32_t abi_minor;                         /* STRONGROOM_KEY_ABI_MINOR of the header it was built with */
    uint64_t size;                              /* bytes of this table */
    uint64_t capabilities;                      /* bits as above */
    const char *name;                           /* zero-terminated UTF-8: what kind of backend, such as "s3-managed" */
    const char *version;                        /* zero-terminated UTF-8: the module's own version */

    /* Opens an instance: a keyring, an account of a remote service. `self` is this table, so that one function can
       serve several. `configuration` is a TLV block, gone when this returns. Blocks as long as it needs: the host calls
       it on a thread of its own. Answers STRONGROOM_KEY_OK and sets `*instance`, or an error and, where it can,
       `message`. `host_table` and `host` stay valid as said there; `host` is what this instance passes to every host
       function. */
    int32_t (*open)(
        const struct strongroom_key_module *self, const strongroom_key_host *host_table, uint64_t host,
        strongroom_key_bytes configuration, void **instance, strongroom_key_buffer *message);

    /* Makes a new random data key and wraps it. Fills plaintext, wrapped, key_id, key_version. */
    strongroom_key_operation generate_data_key;

    /* Opens the wrapped key in `input`, which the key named in the request must have wrapped: else
       STRONGROOM_KEY_E_INCORRECT_KEY, or STRONGROOM_KEY_E_INVALID_CIPHERTEXT where a wrapped key does not tell. A
       wrapped key that was changed in any bit is STRONGROOM_KEY_E_INVALID_CIPHERTEXT. Fills plaintext, key_id,
       key_version. */
    strongroom_key_operation unwrap;

    /* Wraps the key in `input` under the current version of the SAME key, with the same encryption context; the
       plaintext does not leave the module. Repeating it is harmless. Fills wrapped, key_id, key_version. */
    strongroom_key_operation rewrap;

    /* Says which key and version are current and whether it works. Fills key_id, key_version, health, message. Answers
       OK when it could find out, also when the health is bad. */
    strongroom_key_operation describe;

    /* Administration: a JSON object in `input`, a JSON object in `document`. What may be asked is the module's own
       documentation. Every module answers {"operation":"status"}. Never a secret in either: what is secret goes beside
       them, in STRONGROOM_KEY_TLV_CONTROL_SECRET and in `answer.plaintext`. */
    strongroom_key_operation control;

    /* Ends the instance: drops keys, threads, connections. `request` has only a context. The host calls it at most
       once, with no other operation in flight, and nothing afterwards; after the completion the module touches neither
       the instance nor the host. */
    strongroom_key_operation close;
} strongroom_key_module;

/* The entry. The host says which version it speaks; the module returns its table, or NULL when it cannot work with such
   a host. Called at least once; always the same table. */
typedef const strongroom_key_module *(*strongroom_key_entry)(uint32_t host_abi_major, uint32_t host_abi_minor);

#ifdef __cplusplus
}
#endif
#endif
