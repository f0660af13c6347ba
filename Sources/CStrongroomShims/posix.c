#define _GNU_SOURCE
#include "strongroom_shims.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/uio.h>
#include <sys/vfs.h>

int strongroom_file_system_magic(const char *path, uint32_t *magic) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -1;
    *magic = (uint32_t)status.f_type;
    return 0;
}

int strongroom_allocate(int descriptor, int64_t size) {
    return fallocate(descriptor, 0, 0, size);
}

int strongroom_reserve(int descriptor, int64_t offset, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
}

int64_t strongroom_read_cached(int descriptor, void *buffer, size_t length, int64_t offset) {
    struct iovec vector = {buffer, length};
    ssize_t count = preadv2(descriptor, &vector, 1, offset, RWF_NOWAIT);
    return count < 0 ? -(int64_t)errno : (int64_t)count;
}

int strongroom_set_direct(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, flags | O_DIRECT) < 0 ? -1 : 0;
}

int strongroom_reopen_direct(int descriptor) {
    // The descriptor's own mode says who may write; the path below asks for the file's alone.
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int opened;
    do {
        opened = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
    } while (opened < 0 && errno == EINTR);
    return opened;
}

int64_t strongroom_write_through(int descriptor, const void *buffer, size_t length, int64_t offset) {
    struct iovec vector = {(void *)buffer, length};
    ssize_t count = pwritev2(descriptor, &vector, 1, offset, RWF_DSYNC);
    return count < 0 ? -(int64_t)errno : (int64_t)count;
}

int strongroom_rename_new(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}

void strongroom_name_current_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
