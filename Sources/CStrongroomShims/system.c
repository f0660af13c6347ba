/* System calls that the Glibc module leaves out. */
#define _GNU_SOURCE
#include "strongroom_shims.h"

#include <sys/prctl.h>
#include <errno.h>
#include <sys/random.h>

int64_t strongroom_getrandom(void *buffer, size_t length) {
    ssize_t count = getrandom(buffer, length, 0);
    return count < 0 ? -(int64_t)errno : (int64_t)count;
}

int strongroom_set_not_dumpable(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
