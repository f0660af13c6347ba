#define _GNU_SOURCE
#include "replay_marks.h"

#include <dlfcn.h>
#include <errno.h>

bool strongroom_recorder_is_loaded(void) { return dlsym(RTLD_DEFAULT, "strongroom_replay_mark") != NULL; }

int strongroom_recorder_start(const char *directory, const char *log) {
    int (*start)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(
        RTLD_DEFAULT, "strongroom_replay_start");
    if (start != NULL) return start(directory, log);
    errno = ENOSYS;
    return -1;
}

void strongroom_recorder_stop(void) {
    void (*stop)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "strongroom_replay_stop");
    if (stop != NULL) stop();
}

void strongroom_recorder_mark(const void *bytes, size_t length) {
    void (*mark)(const void *, size_t) = (void (*)(const void *, size_t))dlsym(RTLD_DEFAULT, "strongroom_replay_mark");
    if (mark != NULL) mark(bytes, length);
}
