/* The calls by which descriptors come and go. */
#define _GNU_SOURCE
#include "recording.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALIAS(name) __attribute__((alias(#name)))

static int open_recorded(int directory, const char *path, int flags, mode_t mode) {
    if (!recording_enter()) return (int)syscall(SYS_openat, directory, path, flags, mode);
    char name[RECORDING_PATH_BYTES];
    // Before the call: it may make what the name means something else.
    bool is_inside = recording_name(directory, path, name);
    int descriptor = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (descriptor >= 0) {
        recording_track(descriptor, is_inside);
        if (is_inside && (flags & O_TMPFILE) == O_TMPFILE) recording_unknown("open with O_TMPFILE");
        struct strongroom_replay_record record = {.kind = STRONGROOM_REPLAY_OPEN, .descriptor = descriptor};
        if (flags & O_CREAT) record.flags |= STRONGROOM_REPLAY_CREATES;
        if (flags & O_TRUNC) record.flags |= STRONGROOM_REPLAY_EMPTIES;
        // O_SYNC holds the bits of O_DSYNC.
        if (flags & O_DSYNC) record.flags |= STRONGROOM_REPLAY_SYNCED;
        if (is_inside) recording_append(record, name, NULL, NULL);
    }
    recording_leave();
    return descriptor;
}

#define MODE_OF(flags, last, mode)                                                  \
    mode_t mode = 0;                                                                \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) {                \
        va_list arguments;                                                          \
        va_start(arguments, last);                                                  \
        mode = va_arg(arguments, mode_t);                                           \
        va_end(arguments);                                                          \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, flags, mode)
    return open_recorded(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) ALIAS(open);

int openat(int directory, const char *path, int flags, ...) {
    MODE_OF(flags, flags, mode)
    return open_recorded(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) ALIAS(openat);

int creat(const char *path, mode_t mode) {
    return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode) ALIAS(creat);

/* Where the C library was asked to check the arguments of these. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags) ALIAS(__open_2);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags) ALIAS(__openat_2);

int __open_2(const char *path, int flags) { return open_recorded(AT_FDCWD, path, flags, 0); }

int __openat_2(int directory, const char *path, int flags) { return open_recorded(directory, path, flags, 0); }

static void note_close(int descriptor) {
    if (recording_tracks(descriptor)) {
        struct strongroom_replay_record record = {.kind = STRONGROOM_REPLAY_CLOSE, .descriptor = descriptor};
        recording_append(record, NULL, NULL, NULL);
    }
    recording_track(descriptor, false);
}

int close(int descriptor) {
    if (!recording_enter()) return (int)syscall(SYS_close, descriptor);
    note_close(descriptor);
    int result = (int)syscall(SYS_close, descriptor);
    recording_leave();
    return result;
}

/* The C library closes the descriptor by a call of its own. */
int closedir(DIR *stream) {
    static int (*next)(DIR *);
    if (next == NULL) next = (int (*)(DIR *))dlsym(RTLD_NEXT, "closedir");
    if (!recording_enter()) return next(stream);
    note_close(dirfd(stream));
    int result = next(stream);
    recording_leave();
    return result;
}

static int duplicated(int old, int new) {
    if (new >= 0 && new != old) {
        note_close(new);
        if (recording_tracks(old)) {
            struct strongroom_replay_record record = {
                .kind = STRONGROOM_REPLAY_DUPLICATE, .descriptor = old, .offset = (uint64_t)new};
            recording_append(record, NULL, NULL, NULL);
            recording_track(new, true);
        }
    }
    recording_leave();
    return new;
}

int dup(int old) {
    if (!recording_enter()) return (int)syscall(SYS_dup, old);
    return duplicated(old, (int)syscall(SYS_dup, old));
}

int dup2(int old, int new) {
    if (old == new) return (int)syscall(SYS_fcntl, old, F_GETFD) < 0 ? -1 : new;
    if (!recording_enter()) return (int)syscall(SYS_dup3, old, new, 0);
    return duplicated(old, (int)syscall(SYS_dup3, old, new, 0));
}

int dup3(int old, int new, int flags) {
    if (!recording_enter()) return (int)syscall(SYS_dup3, old, new, flags);
    return duplicated(old, (int)syscall(SYS_dup3, old, new, flags));
}

int fcntl(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (!duplicates || !recording_enter()) return (int)syscall(SYS_fcntl, descriptor, command, argument);
    return duplicated(descriptor, (int)syscall(SYS_fcntl, descriptor, command, argument));
}

int fcntl64(int descriptor, int command, ...) ALIAS(fcntl);
