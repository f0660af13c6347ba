/* A key backend in C, as a sample for authors. It is complete: keys that survive a restart, versions, rotation, and
   every check of `strongroom module check`. What it does not have is a root of trust: its keys lie in a file of mode
   0600 in the keyring, so whoever reads that file has them. A real backend keeps them in a hardware module or a key
   service.

   Build: cc -O2 -shared -fPIC -fvisibility=hidden -I Sources/CStrongroomKeyBackend/include sample_keys.c -lcrypto

   A wrapped key: nonce (12, random) | ciphertext (32) | tag (16), AES-256-GCM under one version of the key, with key
   id, version and encryption context as additional data. Random nonces allow 2^32 wraps under one version (NIST SP
   800-38D, 8.3); it rotates by itself long before that.

   The key file: magic "SAMPLEK1" | for each version, from 1 on: key (32). */
#define _GNU_SOURCE
#include "strongroom_key_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_SIZE = 32, NONCE_SIZE = 12, TAG_SIZE = 16, WRAPPED_SIZE = NONCE_SIZE + KEY_SIZE + TAG_SIZE };
enum { VERSIONS_MAX = 1000, PATH_SIZE_MAX = 4096 };
#define WRAPS_PER_VERSION_MAX (UINT64_C(1) << 31)

static const char KEY_ID[] = "sample/key";
static const char MAGIC[8] = "SAMPLEK1";

/* An open keyring. In pages of its own: locked, and left out of core dumps. */
struct instance {
    const strongroom_key_host *host_table;
    uint64_t host;
    pthread_mutex_t mutex; /* guards the rest; never held while the host is called */
    char path[PATH_SIZE_MAX];
    uint32_t version_count;
    uint64_t wraps; /* under the newest version, since it was loaded */
    uint8_t keys[VERSIONS_MAX][KEY_SIZE];
};

/* ---- What a request says ------------------------------------------------------------------------------------------*/

struct request_view {
    strongroom_key_bytes key_id, key_version;
    strongroom_key_bytes context; /* from the first to the last pair: already canonical, because sorted */
    uint64_t deadline;
};

static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int32_t read_request(strongroom_key_bytes block, struct request_view *view) {
    memset(view, 0, sizeof *view);
    if (block.size > STRONGROOM_KEY_CONTEXT_MAX) return STRONGROOM_KEY_E_INVALID_REQUEST;
    for (uint64_t at = 0; at < block.size;) {
        if (block.size - at < 8) return STRONGROOM_KEY_E_INVALID_REQUEST;
        uint16_t type = (uint16_t)(block.data[at] | block.data[at + 1] << 8);
        uint32_t size = read_u32(block.data + at + 4);
        if (size > block.size - at - 8) return STRONGROOM_KEY_E_INVALID_REQUEST;
        strongroom_key_bytes value = {block.data + at + 8, size};
        uint64_t next = at + 8 + size;
        switch (type) {
        case STRONGROOM_KEY_TLV_KEY_ID: view->key_id = value; break;
        case STRONGROOM_KEY_TLV_KEY_VERSION: view->key_version = value; break;
        case STRONGROOM_KEY_TLV_ENCRYPTION_CONTEXT:
            if (view->context.data == NULL) view->context.data = block.data + at;
            view->context.size = (uint64_t)(block.data + next - view->context.data);
            break;
        case STRONGROOM_KEY_TLV_DEADLINE:
            if (size != 8) return STRONGROOM_KEY_E_INVALID_REQUEST;
            view->deadline = read_u32(value.data) | (uint64_t)read_u32(value.data + 4) << 32;
            break;
        default:
            if (type & STRONGROOM_KEY_TLV_CRITICAL) return STRONGROOM_KEY_E_UNSUPPORTED;
        }
        at = next;
    }
    return STRONGROOM_KEY_OK;
}

/* Whether the request is for our key and still awaited. */
static int32_t begin(
    struct instance *self, const strongroom_key_request *request, uint64_t operation, struct request_view *view) {
    int32_t status = read_request(request->context, view);
    if (status != STRONGROOM_KEY_OK) return status;
    if (view->key_id.data != NULL
        && (view->key_id.size != strlen(KEY_ID) || memcmp(view->key_id.data, KEY_ID, strlen(KEY_ID)) != 0))
        return STRONGROOM_KEY_E_KEY_NOT_FOUND;
    if (self->host_table->is_cancelled(self->host, operation)) return STRONGROOM_KEY_E_CANCELLED;
    if (view->deadline != 0 && self->host_table->boot_nanoseconds(self->host) >= view->deadline)
        return STRONGROOM_KEY_E_DEADLINE_EXCEEDED;
    return STRONGROOM_KEY_OK;
}

/* ---- Answers ------------------------------------------------------------------------------------------------------*/

static int fits(strongroom_key_buffer *buffer, uint64_t needed) {
    if (buffer->data != NULL && buffer->capacity >= needed) return 1;
    buffer->size = needed;
    return 0;
}

static void fill(strongroom_key_buffer *buffer, const void *data, uint64_t size) {
    memcpy(buffer->data, data, size);
    buffer->size = size;
}

static void say(strongroom_key_buffer *message, const char *text) {
    uint64_t size = strlen(text);
    if (message->data == NULL) return;
    fill(message, text, size < message->capacity ? size : message->capacity);
}

static int identity_fits(strongroom_key_answer *answer) {
    int id = fits(&answer->key_id, strlen(KEY_ID));
    int version = fits(&answer->key_version, 10);
    return id && version;
}

static void fill_identity(strongroom_key_answer *answer, uint32_t version) {
    char text[11];
    fill(&answer->key_id, KEY_ID, strlen(KEY_ID));
    fill(&answer->key_version, text, (uint64_t)snprintf(text, sizeof text, "%u", version));
}

/* The number in `text`; 0 where it is none of our versions. */
static uint32_t parse_version(strongroom_key_bytes text) {
    uint32_t version = 0;
    if (text.size == 0 || text.size > 4) return 0;
    for (uint64_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return 0;
        version = version * 10 + (uint32_t)(text.data[i] - '0');
    }
    return version;
}

/* ---- The key file -------------------------------------------------------------------------------------------------*/

static int write_all(int file, const void *data, size_t size) {
    const uint8_t *at = data;
    while (size > 0) {
        ssize_t count = write(file, at, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        at += count;
        size -= (size_t)count;
    }
    return 1;
}

/* Replaces the file in one step; durable when this returns 1. */
static int save(const struct instance *self, uint32_t version_count) {
    char temporary[PATH_SIZE_MAX + 8], directory[PATH_SIZE_MAX];
    snprintf(temporary, sizeof temporary, "%s.new", self->path);
    snprintf(directory, sizeof directory, "%s", self->path);
    *strrchr(directory, '/') = 0;
    unlink(temporary);
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return 0;
    int done = write_all(file, MAGIC, sizeof MAGIC) && write_all(file, self->keys, (size_t)version_count * KEY_SIZE)
        && fsync(file) == 0;
    close(file);
    if (!done || rename(temporary, self->path) != 0) {
        unlink(temporary);
        return 0;
    }
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return 0;
    done = fsync(folder) == 0;
    close(folder);
    return done;
}

static int32_t load(struct instance *self) {
    struct stat status;
    char magic[sizeof MAGIC];
    int file = open(self->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? STRONGROOM_KEY_E_KEYRING_MISSING : STRONGROOM_KEY_E_UNAVAILABLE;
    int32_t result = STRONGROOM_KEY_E_KEYRING_DAMAGED;
    if (fstat(file, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & 077) != 0 || status.st_nlink != 1)
        result = STRONGROOM_KEY_E_UNSAFE_PERMISSIONS;
    else if (read(file, magic, sizeof magic) == sizeof magic && memcmp(magic, MAGIC, sizeof magic) == 0) {
        ssize_t size = read(file, self->keys, sizeof self->keys);
        if (size >= KEY_SIZE && size % KEY_SIZE == 0) {
            self->version_count = (uint32_t)(size / KEY_SIZE);
            result = STRONGROOM_KEY_OK;
        }
    }
    close(file);
    return result;
}

/* With the mutex held. */
static int32_t add_version(struct instance *self) {
    if (self->version_count == VERSIONS_MAX) return STRONGROOM_KEY_E_INVALID_KEY_STATE;
    uint8_t *key = self->keys[self->version_count];
    if (self->host_table->random(self->host, key, KEY_SIZE) != STRONGROOM_KEY_OK) return STRONGROOM_KEY_E_UNAVAILABLE;
    if (!save(self, self->version_count + 1)) return STRONGROOM_KEY_E_UNAVAILABLE;
    self->version_count++;
    self->wraps = 0;
    return STRONGROOM_KEY_OK;
}

/* ---- Wrapping -----------------------------------------------------------------------------------------------------*/

static int32_t encipher(
    int encrypts, const uint8_t *key, uint32_t version, strongroom_key_bytes context, const uint8_t *nonce,
    const uint8_t *input, uint8_t *output, uint8_t *tag) {
    uint8_t version_bytes[4] = {
        (uint8_t)version, (uint8_t)(version >> 8), (uint8_t)(version >> 16), (uint8_t)(version >> 24)};
    int size = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    /* Fixed sizes before what varies: no two inputs have the same additional data. */
    int done = cipher != NULL && EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce, encrypts)
        && EVP_CipherUpdate(cipher, NULL, &size, (const uint8_t *)KEY_ID, sizeof KEY_ID)
        && EVP_CipherUpdate(cipher, NULL, &size, version_bytes, sizeof version_bytes)
        && (context.size == 0 || EVP_CipherUpdate(cipher, NULL, &size, context.data, (int)context.size))
        && EVP_CipherUpdate(cipher, output, &size, input, KEY_SIZE)
        && (encrypts || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag))
        && EVP_CipherFinal_ex(cipher, output + size, &size)
        && (!encrypts || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag));
    EVP_CIPHER_CTX_free(cipher);
    if (done) return STRONGROOM_KEY_OK;
    OPENSSL_cleanse(output, KEY_SIZE);
    return encrypts ? STRONGROOM_KEY_E_MODULE_FAULT : STRONGROOM_KEY_E_INVALID_CIPHERTEXT;
}

/* Wraps under the newest version. */
static int32_t wrap(
    struct instance *self, const struct request_view *view, const uint8_t *plaintext, uint8_t *wrapped,
    uint32_t *version) {
    uint8_t key[KEY_SIZE];
    if (self->host_table->random(self->host, wrapped, NONCE_SIZE) != STRONGROOM_KEY_OK)
        return STRONGROOM_KEY_E_UNAVAILABLE;
    pthread_mutex_lock(&self->mutex);
    int32_t status = ++self->wraps > WRAPS_PER_VERSION_MAX ? add_version(self) : STRONGROOM_KEY_OK;
    *version = self->version_count;
    memcpy(key, self->keys[*version - 1], KEY_SIZE);
    pthread_mutex_unlock(&self->mutex);
    if (status == STRONGROOM_KEY_OK)
        status = encipher(
            1, key, *version, view->context, wrapped, plaintext, wrapped + NONCE_SIZE, wrapped + NONCE_SIZE + KEY_SIZE);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

static int32_t unwrap_key(
    struct instance *self, const struct request_view *view, strongroom_key_bytes wrapped, uint8_t *plaintext,
    uint32_t *version) {
    uint8_t key[KEY_SIZE], tag[TAG_SIZE];
    if (wrapped.size != WRAPPED_SIZE) return STRONGROOM_KEY_E_INVALID_CIPHERTEXT;
    *version = parse_version(view->key_version);
    pthread_mutex_lock(&self->mutex);
    int known = *version >= 1 && *version <= self->version_count;
    if (known) memcpy(key, self->keys[*version - 1], KEY_SIZE);
    pthread_mutex_unlock(&self->mutex);
    if (!known) return STRONGROOM_KEY_E_KEY_NOT_FOUND;
    memcpy(tag, wrapped.data + NONCE_SIZE + KEY_SIZE, TAG_SIZE);
    int32_t status = encipher(0, key, *version, view->context, wrapped.data, wrapped.data + NONCE_SIZE, plaintext, tag);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

/* ---- The operations -----------------------------------------------------------------------------------------------*/

/* Each `do_` function works and returns the status; the function of the table completes with it. */

static int32_t do_generate(
    struct instance *self, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct request_view view;
    uint8_t wrapped[WRAPPED_SIZE];
    uint32_t version;
    int room = identity_fits(answer);
    room = fits(&answer->plaintext, KEY_SIZE) && room;
    room = fits(&answer->wrapped, WRAPPED_SIZE) && room;
    if (!room) return STRONGROOM_KEY_E_BUFFER;
    int32_t status = begin(self, request, operation, &view);
    if (status != STRONGROOM_KEY_OK) return status;
    if (self->host_table->random(self->host, answer->plaintext.data, KEY_SIZE) != STRONGROOM_KEY_OK)
        return STRONGROOM_KEY_E_UNAVAILABLE;
    status = wrap(self, &view, answer->plaintext.data, wrapped, &version);
    if (status != STRONGROOM_KEY_OK) {
        OPENSSL_cleanse(answer->plaintext.data, KEY_SIZE);
        return status;
    }
    answer->plaintext.size = KEY_SIZE;
    fill(&answer->wrapped, wrapped, sizeof wrapped);
    fill_identity(answer, version);
    return STRONGROOM_KEY_OK;
}

static int32_t do_unwrap(
    struct instance *self, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct request_view view;
    uint32_t version;
    int room = identity_fits(answer);
    room = fits(&answer->plaintext, KEY_SIZE) && room;
    if (!room) return STRONGROOM_KEY_E_BUFFER;
    int32_t status = begin(self, request, operation, &view);
    if (status == STRONGROOM_KEY_OK)
        status = unwrap_key(self, &view, request->input, answer->plaintext.data, &version);
    if (status != STRONGROOM_KEY_OK) return status;
    answer->plaintext.size = KEY_SIZE;
    fill_identity(answer, version);
    return STRONGROOM_KEY_OK;
}

static int32_t do_rewrap(
    struct instance *self, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct request_view view;
    uint8_t plaintext[KEY_SIZE], wrapped[WRAPPED_SIZE];
    uint32_t version;
    int room = identity_fits(answer);
    room = fits(&answer->wrapped, WRAPPED_SIZE) && room;
    if (!room) return STRONGROOM_KEY_E_BUFFER;
    int32_t status = begin(self, request, operation, &view);
    if (status == STRONGROOM_KEY_OK) status = unwrap_key(self, &view, request->input, plaintext, &version);
    if (status == STRONGROOM_KEY_OK) status = wrap(self, &view, plaintext, wrapped, &version);
    OPENSSL_cleanse(plaintext, sizeof plaintext);
    if (status != STRONGROOM_KEY_OK) return status;
    fill(&answer->wrapped, wrapped, sizeof wrapped);
    fill_identity(answer, version);
    return STRONGROOM_KEY_OK;
}

static int32_t do_describe(
    struct instance *self, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct request_view view;
    if (!identity_fits(answer)) return STRONGROOM_KEY_E_BUFFER;
    int32_t status = begin(self, request, operation, &view);
    if (status != STRONGROOM_KEY_OK) return status;
    pthread_mutex_lock(&self->mutex);
    uint32_t version = self->version_count;
    pthread_mutex_unlock(&self->mutex);
    fill_identity(answer, version);
    answer->health = STRONGROOM_KEY_HEALTH_READY;
    return STRONGROOM_KEY_OK;
}

/* {"operation":"status"} and {"operation":"rotate"}, written exactly so: a sample needs no JSON parser. */
static int is_request(strongroom_key_bytes input, const char *operation) {
    char text[64];
    int size = snprintf(text, sizeof text, "{\"operation\":\"%s\"}", operation);
    return input.size == (uint64_t)size && memcmp(input.data, text, (size_t)size) == 0;
}

static int32_t do_control(
    struct instance *self, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct request_view view;
    char text[128];
    if (!fits(&answer->document, sizeof text)) return STRONGROOM_KEY_E_BUFFER;
    int32_t status = begin(self, request, operation, &view);
    if (status != STRONGROOM_KEY_OK) return status;
    int rotates = is_request(request->input, "rotate");
    if (!rotates && !is_request(request->input, "status")) {
        say(&answer->message, "Known are {\"operation\":\"status\"} and {\"operation\":\"rotate\"}, exactly so.");
        return STRONGROOM_KEY_E_UNSUPPORTED;
    }
    pthread_mutex_lock(&self->mutex);
    if (rotates) status = add_version(self);
    uint32_t version = self->version_count;
    pthread_mutex_unlock(&self->mutex);
    if (status != STRONGROOM_KEY_OK) return status;
    int size = snprintf(
        text, sizeof text, "{\"backend\":\"sample\",\"currentVersion\":\"%u\",\"keyId\":\"%s\"}", version, KEY_ID);
    fill(&answer->document, text, (uint64_t)size);
    return STRONGROOM_KEY_OK;
}

static void complete(struct instance *self, uint64_t operation, int32_t status) {
    self->host_table->complete(self->host, operation, status);
}

#define COMPLETING(name, work)                                                                                         \
    static void name(                                                                                                  \
        void *instance, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {    \
        complete(instance, operation, work(instance, request, answer, operation));                                     \
    }

COMPLETING(sample_generate, do_generate)
COMPLETING(sample_unwrap, do_unwrap)
COMPLETING(sample_rewrap, do_rewrap)
COMPLETING(sample_describe, do_describe)
COMPLETING(sample_control, do_control)

static void destroy(struct instance *self) {
    pthread_mutex_destroy(&self->mutex);
    OPENSSL_cleanse(self, sizeof *self);
    munmap(self, sizeof *self);
}

static void sample_close(
    void *instance, const strongroom_key_request *request, strongroom_key_answer *answer, uint64_t operation) {
    struct instance *self = instance;
    const strongroom_key_host *host_table = self->host_table;
    uint64_t host = self->host;
    (void)request, (void)answer;
    destroy(self);
    host_table->complete(host, operation, STRONGROOM_KEY_OK);
}

/* ---- Open ---------------------------------------------------------------------------------------------------------*/

/* Takes keyring and create; refuses settings and secrets, because it has no use for them. */
static int32_t read_configuration(strongroom_key_bytes block, char *path, size_t path_size, int *creates) {
    *path = 0;
    *creates = 0;
    for (uint64_t at = 0; at < block.size;) {
        if (block.size - at < 8) return STRONGROOM_KEY_E_INVALID_REQUEST;
        uint16_t type = (uint16_t)(block.data[at] | block.data[at + 1] << 8);
        uint32_t size = read_u32(block.data + at + 4);
        if (size > block.size - at - 8) return STRONGROOM_KEY_E_INVALID_REQUEST;
        const char *value = (const char *)block.data + at + 8;
        if (type == STRONGROOM_KEY_TLV_KEYRING) {
            if (memchr(value, 0, size) != NULL
                || snprintf(path, path_size, "%.*s/sample.keys", (int)size, value) >= (int)path_size)
                return STRONGROOM_KEY_E_INVALID_REQUEST;
        } else if (type == STRONGROOM_KEY_TLV_CREATE) {
            *creates = size == 1 && *value == 1;
        } else if (type & STRONGROOM_KEY_TLV_CRITICAL) {
            return STRONGROOM_KEY_E_UNSUPPORTED;
        }
        at += 8 + size;
    }
    return *path == '/' ? STRONGROOM_KEY_OK : STRONGROOM_KEY_E_INVALID_REQUEST;
}

static int32_t sample_open(
    const strongroom_key_module *table, const strongroom_key_host *host_table, uint64_t host,
    strongroom_key_bytes configuration, void **instance, strongroom_key_buffer *message) {
    int creates;
    (void)table;
    if (host_table->magic != STRONGROOM_KEY_HOST_MAGIC || host_table->abi_major != STRONGROOM_KEY_ABI_MAJOR
        || host_table->size < offsetof(strongroom_key_host, key_dependencies)) /* all it needs is in minor 0 */
        return STRONGROOM_KEY_E_UNSUPPORTED;
    struct instance *self =
        mmap(NULL, sizeof *self, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED) return STRONGROOM_KEY_E_UNAVAILABLE;
    self->host_table = host_table;
    self->host = host;
    pthread_mutex_init(&self->mutex, NULL);
    int32_t status = STRONGROOM_KEY_E_UNAVAILABLE;
    if (mlock(self, sizeof *self) != 0 || madvise(self, sizeof *self, MADV_DONTDUMP) != 0)
        say(message, "The sample backend cannot lock its keys into memory; raise the limit (ulimit -l).");
    else if ((status = read_configuration(configuration, self->path, sizeof self->path, &creates)) != STRONGROOM_KEY_OK)
        say(message, "The sample backend takes the absolute path of a keyring folder, and nothing else.");
    else if (creates && access(self->path, F_OK) == 0)
        status = STRONGROOM_KEY_E_KEYRING_EXISTS;
    else
        status = creates ? add_version(self) : load(self);
    if (status != STRONGROOM_KEY_OK) {
        destroy(self);
        return status;
    }
    *instance = self;
    return STRONGROOM_KEY_OK;
}

/* ---- The table ----------------------------------------------------------------------------------------------------*/

static const strongroom_key_module table = {
    .magic = STRONGROOM_KEY_MODULE_MAGIC,
    .abi_major = STRONGROOM_KEY_ABI_MAJOR,
    .abi_minor = STRONGROOM_KEY_ABI_MINOR,
    .size = sizeof table,
    .capabilities = STRONGROOM_KEY_BINDS_CONTEXT,
    .name = "sample",
    .version = "1.0.0",
    .open = sample_open,
    .generate_data_key = sample_generate,
    .unwrap = sample_unwrap,
    .rewrap = sample_rewrap,
    .describe = sample_describe,
    .control = sample_control,
    .close = sample_close,
};

__attribute__((visibility("default")))
const strongroom_key_module *strongroom_key_backend_v1(uint32_t host_abi_major, uint32_t host_abi_minor) {
    (void)host_abi_minor;
    return host_abi_major == STRONGROOM_KEY_ABI_MAJOR ? &table : NULL;
}
