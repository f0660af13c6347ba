/* The calls that change what is in files, and the ones that make that durable. */
#define _GNU_SOURCE
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ALIAS(name) __attribute__((alias(#name)))

static ssize_t written_at(int descriptor, const struct iovec *vectors, long result, off_t offset, uint32_t flags) {
    if (result > 0 && recording_tracks(descriptor)) {
        struct strongroom_replay_record record = {
            .kind = STRONGROOM_REPLAY_WRITE, .descriptor = descriptor, .flags = flags, .offset = (uint64_t)offset,
            .data_bytes = (uint64_t)result};
        recording_append(record, NULL, NULL, vectors);
    }
    recording_leave();
    return result;
}

/* After a write at the descriptor's own position. */
static ssize_t written(int descriptor, const struct iovec *vectors, long result) {
    if (result <= 0 || !recording_tracks(descriptor)) {
        recording_leave();
        return result;
    }
    long end = syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
    return written_at(descriptor, vectors, result, end - result, 0);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    if (!recording_enter()) return syscall(SYS_write, descriptor, bytes, length);
    struct iovec vector = {(void *)bytes, length};
    return written(descriptor, &vector, syscall(SYS_write, descriptor, bytes, length));
}

ssize_t writev(int descriptor, const struct iovec *vectors, int count) {
    if (!recording_enter()) return syscall(SYS_writev, descriptor, vectors, count);
    return written(descriptor, vectors, syscall(SYS_writev, descriptor, vectors, count));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    if (!recording_enter()) return syscall(SYS_pwrite64, descriptor, bytes, length, offset);
    struct iovec vector = {(void *)bytes, length};
    return written_at(descriptor, &vector, syscall(SYS_pwrite64, descriptor, bytes, length, offset), offset, 0);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) ALIAS(pwrite);

ssize_t pwritev(int descriptor, const struct iovec *vectors, int count, off_t offset) {
    if (!recording_enter()) return syscall(SYS_pwritev, descriptor, vectors, count, offset, 0);
    long result = syscall(SYS_pwritev, descriptor, vectors, count, offset, 0);
    return written_at(descriptor, vectors, result, offset, 0);
}

ssize_t pwritev64(int descriptor, const struct iovec *vectors, int count, off64_t offset) ALIAS(pwritev);

ssize_t pwritev2(int descriptor, const struct iovec *vectors, int count, off_t offset, int flags) {
    if (!recording_enter()) return syscall(SYS_pwritev2, descriptor, vectors, count, offset, 0, flags);
    long result = syscall(SYS_pwritev2, descriptor, vectors, count, offset, 0, flags);
    if (offset < 0 || (flags & RWF_APPEND)) {
        if (result > 0 && recording_tracks(descriptor)) recording_unknown("pwritev2 at no place");
        recording_leave();
        return result;
    }
    uint32_t synced = (flags & (RWF_DSYNC | RWF_SYNC)) ? STRONGROOM_REPLAY_SYNCED : 0;
    return written_at(descriptor, vectors, result, offset, synced);
}

ssize_t pwritev64v2(int descriptor, const struct iovec *vectors, int count, off64_t offset, int flags)
    ALIAS(pwritev2);

static int resized(int descriptor, long result, uint32_t kind, uint64_t size) {
    if (result == 0 && recording_tracks(descriptor)) {
        struct strongroom_replay_record record = {.kind = kind, .descriptor = descriptor, .offset = size};
        recording_append(record, NULL, NULL, NULL);
    }
    recording_leave();
    return (int)result;
}

int ftruncate(int descriptor, off_t size) {
    if (!recording_enter()) return (int)syscall(SYS_ftruncate, descriptor, size);
    return resized(descriptor, syscall(SYS_ftruncate, descriptor, size), STRONGROOM_REPLAY_TRUNCATE, (uint64_t)size);
}

int ftruncate64(int descriptor, off64_t size) ALIAS(ftruncate);

/* A file system in memory fills what is reserved past a file's end with zeros at once, each time that a store is
   opened; and nothing of it is ever seen. */
static bool refuses_reservations(void) { return getenv("STRONGROOM_REPLAY_RESERVES_NOTHING") != NULL; }

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (mode == FALLOC_FL_KEEP_SIZE && refuses_reservations()) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (!recording_enter()) return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
    long result = syscall(SYS_fallocate, descriptor, mode, offset, length);
    if (mode == 0) {
        return resized(descriptor, result, STRONGROOM_REPLAY_ALLOCATE, (uint64_t)offset + (uint64_t)length);
    }
    // What is reserved past the end is seen by nobody.
    if (mode != FALLOC_FL_KEEP_SIZE && result == 0 && recording_tracks(descriptor)) recording_unknown("fallocate");
    recording_leave();
    return (int)result;
}

int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) ALIAS(fallocate);

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    return fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length) ALIAS(posix_fallocate);

static int synced(int descriptor, long call) {
    if (!recording_enter()) return (int)syscall(call, descriptor);
    return resized(descriptor, syscall(call, descriptor), STRONGROOM_REPLAY_SYNC, 0);
}

int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }

int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

/* `sync_file_range` makes nothing durable, and needs no record. These would. */
int syncfs(int descriptor) {
    if (!recording_enter()) return (int)syscall(SYS_syncfs, descriptor);
    recording_unknown("syncfs");
    recording_leave();
    return (int)syscall(SYS_syncfs, descriptor);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    bool is_shared = (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
    if (is_shared && (protection & PROT_WRITE) && recording_enter()) {
        if (recording_tracks(descriptor)) {
            struct strongroom_replay_record record = {.kind = STRONGROOM_REPLAY_MAP, .descriptor = descriptor};
            recording_append(record, NULL, NULL, NULL);
        }
        recording_leave();
    }
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) ALIAS(mmap);

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
    if (recording_enter()) {
        if (recording_tracks(to)) recording_unknown("copy_file_range");
        recording_leave();
    }
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, length, flags);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length) {
    if (recording_enter()) {
        if (recording_tracks(to)) recording_unknown("sendfile");
        recording_leave();
    }
    return syscall(SYS_sendfile, to, from, offset, length);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) ALIAS(sendfile);
