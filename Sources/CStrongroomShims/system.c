/* System calls that the Glibc module leaves out. */
#define _GNU_SOURCE
#include "strongroom_shims.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

int64_t strongroom_getrandom(void *buffer, size_t length) {
    ssize_t count = getrandom(buffer, length, 0);
    return count < 0 ? -(int64_t)errno : (int64_t)count;
}

int strongroom_set_not_dumpable(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

uint64_t strongroom_locked_memory_limit_bytes(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

uint64_t strongroom_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur != limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}
