#define _GNU_SOURCE
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS (1 << 16)
#define BUFFER_BYTES (4 << 20)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_recording;
static unsigned char tracked[DESCRIPTORS];
static char root[RECORDING_PATH_BYTES];
static int log_descriptor = -1;
static char buffer[BUFFER_BYTES];
static size_t buffered_bytes;

/* A recording with a hole proves nothing: better none. */
static void give_up(const char *what) {
    dprintf(STDERR_FILENO, "strongroom-replay: the recording failed: %s (errno %d)\n", what, errno);
    abort();
}

static void write_all(const char *bytes, size_t length) {
    while (length > 0) {
        long count = syscall(SYS_write, log_descriptor, bytes, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) give_up("cannot write the log");
        bytes += count;
        length -= (size_t)count;
    }
}

static void flush(void) {
    write_all(buffer, buffered_bytes);
    buffered_bytes = 0;
}

static void append_bytes(const void *bytes, size_t length) {
    if (length > BUFFER_BYTES - buffered_bytes) flush();
    if (length > BUFFER_BYTES) {
        write_all(bytes, length);
        return;
    }
    if (length == 0) return;
    memcpy(buffer + buffered_bytes, bytes, length);
    buffered_bytes += length;
}

bool recording_enter(void) {
    if (!atomic_load_explicit(&is_recording, memory_order_acquire)) return false;
    pthread_mutex_lock(&mutex);
    if (atomic_load_explicit(&is_recording, memory_order_relaxed)) return true;
    pthread_mutex_unlock(&mutex);
    return false;
}

/* What the interposed call left in errno is the caller's. */
void recording_leave(void) {
    int code = errno;
    pthread_mutex_unlock(&mutex);
    errno = code;
}

bool recording_tracks(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS && tracked[descriptor];
}

void recording_track(int descriptor, bool is_tracked) {
    if (descriptor < 0) return;
    if (descriptor < DESCRIPTORS) tracked[descriptor] = is_tracked;
    else if (is_tracked) give_up("more descriptors than are expected");
}

/* The whole path with no symbolic link but perhaps the last part, which need not exist. */
static bool resolve(int directory, const char *path, char resolved[RECORDING_PATH_BYTES]) {
    char whole[RECORDING_PATH_BYTES];
    int length;
    if (path[0] == '/' || directory == AT_FDCWD) {
        length = snprintf(whole, sizeof whole, "%s%s", path[0] == '/' ? "" : "./", path);
    } else {
        length = snprintf(whole, sizeof whole, "/proc/self/fd/%d/%s", directory, path);
    }
    if (length < 0 || (size_t)length >= sizeof whole) return false;
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    char *slash = strrchr(whole, '/');
    const char *last = slash + 1;
    bool is_link = strncmp(whole, "/proc/self/fd/", 14) == 0 && last == whole + 14;
    if (is_link || strcmp(last, ".") == 0 || strcmp(last, "..") == 0 || *last == 0) {
        return realpath(whole, resolved) != NULL;
    }
    if (slash == whole) {
        memcpy(resolved, whole, (size_t)length + 1);
        return true;
    }
    *slash = 0;
    if (realpath(whole, resolved) == NULL) return false;
    size_t used = strlen(resolved);
    if (used == 1) used = 0;
    length = snprintf(resolved + used, RECORDING_PATH_BYTES - used, "/%s", last);
    return length > 0 && (size_t)length < RECORDING_PATH_BYTES - used;
}

bool recording_name(int directory, const char *path, char name[RECORDING_PATH_BYTES]) {
    int code = errno;
    char resolved[RECORDING_PATH_BYTES];
    bool is_resolved = resolve(directory, path, resolved);
    errno = code;
    size_t length = strlen(root);
    if (!is_resolved || strncmp(resolved, root, length) != 0) return false;
    if (resolved[length] != 0 && resolved[length] != '/') return false;
    const char *rest = resolved + length + (resolved[length] == '/');
    memcpy(name, rest, strlen(rest) + 1);
    return true;
}

void recording_append(struct strongroom_replay_record record, const char *name, const char *other_name,
                      const struct iovec *vectors) {
    int code = errno;
    size_t name_bytes = name ? strlen(name) + 1 : 0;
    size_t other_bytes = other_name ? strlen(other_name) + 1 : 0;
    record.name_bytes = (uint32_t)(name_bytes + other_bytes);
    append_bytes(&record, sizeof record);
    append_bytes(name, name_bytes);
    append_bytes(other_name, other_bytes);
    for (size_t rest = record.data_bytes; rest > 0; vectors++) {
        size_t length = vectors->iov_len < rest ? vectors->iov_len : rest;
        append_bytes(vectors->iov_base, length);
        rest -= length;
    }
    errno = code;
}

void recording_unknown(const char *call) {
    recording_append((struct strongroom_replay_record){.kind = STRONGROOM_REPLAY_UNKNOWN}, call, NULL, NULL);
}

int strongroom_replay_start(const char *directory, const char *log) {
    char resolved[PATH_MAX];
    if (realpath(directory, resolved) == NULL) return -1;
    pthread_mutex_lock(&mutex);
    int result = -1;
    if (atomic_load(&is_recording) || strlen(resolved) >= sizeof root) {
        errno = EBUSY;
    } else {
        memcpy(root, resolved, strlen(resolved) + 1);
        memset(tracked, 0, sizeof tracked);
        log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (log_descriptor >= 0) result = 0;
        atomic_store(&is_recording, result == 0);
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

void strongroom_replay_stop(void) {
    pthread_mutex_lock(&mutex);
    if (atomic_load(&is_recording)) {
        flush();
        syscall(SYS_close, log_descriptor);
        log_descriptor = -1;
        atomic_store(&is_recording, false);
    }
    pthread_mutex_unlock(&mutex);
}

void strongroom_replay_mark(const void *bytes, size_t length) {
    if (!recording_enter()) return;
    struct strongroom_replay_record record = {.kind = STRONGROOM_REPLAY_MARK, .data_bytes = length};
    struct iovec vector = {(void *)bytes, length};
    recording_append(record, NULL, NULL, &vector);
    recording_leave();
}

static void forget_in_child(void) {
    atomic_store(&is_recording, false);
    pthread_mutex_init(&mutex, NULL);
}

__attribute__((constructor)) static void start_with_program(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
    const char *directory = getenv("STRONGROOM_REPLAY_DIRECTORY");
    const char *log = getenv("STRONGROOM_REPLAY_LOG");
    if (directory == NULL || log == NULL) return;
    if (strongroom_replay_start(directory, log) != 0) give_up("cannot begin it");
    // What this program starts would overwrite the log.
    unsetenv("STRONGROOM_REPLAY_LOG");
}

__attribute__((destructor)) static void stop_with_program(void) { strongroom_replay_stop(); }
