// Loaded before a program: its syncs do nothing, and what it writes past the page cache goes through it. The control of
// .ci/soak, which must find losses then.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>
#include <sys/uio.h>

int fsync(int file) { (void)file; return 0; }
int fdatasync(int file) { (void)file; return 0; }
int syncfs(int file) { (void)file; return 0; }
int sync_file_range(int file, off64_t offset, off64_t count, unsigned int flags) {
  (void)file, (void)offset, (void)count, (void)flags;
  return 0;
}

static int unsynced(int flags) { return flags & ~(O_SYNC | O_DSYNC | O_DIRECT); }

#define OPEN(name)                                                    \
  int name(const char *path, int flags, ...) {                        \
    va_list arguments;                                                \
    va_start(arguments, flags);                                       \
    mode_t mode = va_arg(arguments, mode_t);                          \
    va_end(arguments);                                                \
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);    \
    return next(path, unsynced(flags), mode);                         \
  }
OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                                     \
  int name(int folder, const char *path, int flags, ...) {                \
    va_list arguments;                                                    \
    va_start(arguments, flags);                                           \
    mode_t mode = va_arg(arguments, mode_t);                              \
    va_end(arguments);                                                    \
    int (*next)(int, const char *, int, ...) = dlsym(RTLD_NEXT, #name);   \
    return next(folder, path, unsynced(flags), mode);                     \
  }
OPEN_AT(openat)
OPEN_AT(openat64)

#define WRITE(name)                                                                                     \
  ssize_t name(int file, const struct iovec *pieces, int count, off64_t offset, int flags) {            \
    ssize_t (*next)(int, const struct iovec *, int, off64_t, int) = dlsym(RTLD_NEXT, #name);            \
    return next(file, pieces, count, offset, flags & ~(RWF_SYNC | RWF_DSYNC));                          \
  }
WRITE(pwritev2)
WRITE(pwritev64v2)
