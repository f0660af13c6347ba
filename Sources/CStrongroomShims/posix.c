#define _GNU_SOURCE
#include "strongroom_shims.h"

#include <fcntl.h>
#include <pthread.h>
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

void strongroom_name_current_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
