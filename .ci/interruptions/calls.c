// Loaded before a program: of its calls on files below one directory every so many fail once with EINTR, or move fewer
// bytes than they were asked for. Both are allowed; what a program must not do is to take the first for a failure, or
// the second for the whole.
//
// What can be interrupted: POSIX says it of open, read, write, fsync, fdatasync, ftruncate, posix_fallocate, chmod and
// locks, Linux of fallocate. Files on a local disk are rarely interrupted. File systems that a process or another
// machine serves are, and hand EINTR to the calls on names as well (mkdir, rename, link, unlink). Left out are calls
// that only look (stat, readdir), and close: on Linux it has closed the file even then, and a second one would close
// somebody else's.
//
// What can be short: reads and writes. Past the page cache (O_DIRECT) they end at a block.
//
// liblmdb 0.9 does less. It repeats writes of pages and of its meta pages, and its locks. It does not repeat open,
// pread, ftruncate, fsync and fdatasync; and it takes a short write for a full disk, a short read for a file that is
// none of its own. Those stay whole where LMDB calls, by whom a call returns to. What the store reads of the same files
// by itself is no exception.
#define _GNU_SOURCE
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLED_BY_LMDB is_lmdb(__builtin_return_address(0))
#define IS_SPARED (CALLED_BY_LMDB != hits_lmdb_alone())
// The row of a call on a file, and of one on a name.
#define OF(row, file) (!IS_SPARED && is_below(file) ? (row) : NONE)
#define OF_NAME(row, folder, path) (!IS_SPARED && is_below_at(folder, path) ? (row) : NONE)
// The same of a call that LMDB repeats.
#define OF_BOTH(row, lmdb_row, file) \
  (CALLED_BY_LMDB ? (is_below(file) ? (lmdb_row) : NONE) : hits_lmdb_alone() || !is_below(file) ? NONE : (row))

// Of the two names of one function, where offsets have 64 bits: which of them a program asks for depends on how it was
// compiled.
#define ALSO(name, type, other, ...) type other(__VA_ARGS__) __attribute__((alias(#name)))

static int open_at(enum row row, int folder, const char *path, int flags, mode_t mode) {
  return interrupts(row) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

// The mode is there only where a file may be made.
#define MODE(mode, flags)                                          \
  mode_t mode = 0;                                                 \
  if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {       \
    va_list arguments;                                             \
    va_start(arguments, flags);                                    \
    mode = va_arg(arguments, mode_t);                              \
    va_end(arguments);                                             \
  }

int open(const char *path, int flags, ...) {
  MODE(mode, flags)
  return open_at(OF_NAME(OPEN, AT_FDCWD, path), AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  MODE(mode, flags)
  return open_at(OF_NAME(OPEN, folder, path), folder, path, flags, mode);
}
ALSO(open, int, open64, const char *path, int flags, ...);
ALSO(openat, int, openat64, int folder, const char *path, int flags, ...);

DIR *opendir(const char *path) {
  int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
  int folder = open_at(OF_NAME(OPEN, AT_FDCWD, path), AT_FDCWD, path, flags, 0);
  if (folder < 0) return NULL;
  DIR *stream = fdopendir(folder);
  if (!stream) close(folder);
  return stream;
}

// How much of a file there is behind a place: a read that ends at the end of the file is not short.
static size_t rest(int file, off_t offset, size_t asked) {
  struct stat status;
  int code = errno;
  if (offset < 0) offset = (off_t)syscall(SYS_lseek, file, 0, SEEK_CUR);
  bool is_known = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && offset >= 0;
  errno = code;
  if (!is_known || status.st_size <= offset) return 0;
  size_t bytes = (size_t)(status.st_size - offset);
  return bytes < asked ? bytes : asked;
}

static size_t length_of(const struct iovec *pieces, int count) {
  size_t length = 0;
  for (int piece = 0; piece < count; piece++) length += pieces[piece].iov_len;
  return length;
}

// Copies the pieces that have the first `length` bytes, and returns how many they are.
static int first_of(const struct iovec *pieces, int count, size_t length, struct iovec *first) {
  int used = 0;
  for (; used < count && length > 0; used++) {
    first[used] = pieces[used];
    if (first[used].iov_len > length) first[used].iov_len = length;
    length -= first[used].iov_len;
  }
  return used;
}

// In the control that cuts writes, the caller is told that all was written.
static ssize_t answer(struct fault fault, ssize_t count) {
  return count == (ssize_t)fault.moved ? (ssize_t)fault.told : count;
}

ssize_t read(int file, void *bytes, size_t count) {
  enum row row = OF(READ, file);
  struct fault fault = fault_of(row, file, count, row == NONE ? 0 : rest(file, -1, count));
  return fault.interrupts ? -1 : syscall(SYS_read, file, bytes, fault.moved);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  enum row row = OF(PREAD, file);
  struct fault fault = fault_of(row, file, count, row == NONE ? 0 : rest(file, offset, count));
  return fault.interrupts ? -1 : syscall(SYS_pread64, file, bytes, fault.moved, offset);
}
ALSO(pread, ssize_t, pread64, int file, void *bytes, size_t count, off_t offset);

ssize_t preadv2(int file, const struct iovec *pieces, int count, off_t offset, int flags) {
  enum row row = count <= IOV_MAX ? OF(PREADV2, file) : NONE;
  size_t length = length_of(pieces, count);
  struct fault fault = fault_of(row, file, length, row == NONE ? 0 : rest(file, offset, length));
  if (fault.interrupts) return -1;
  if (fault.moved == length) return syscall(SYS_preadv2, file, pieces, count, offset, 0, flags);
  struct iovec first[IOV_MAX];
  return syscall(SYS_preadv2, file, first, first_of(pieces, count, fault.moved, first), offset, 0, flags);
}
ALSO(preadv2, ssize_t, preadv64v2, int file, const struct iovec *pieces, int count, off_t offset, int flags);

ssize_t write(int file, const void *bytes, size_t count) {
  struct fault fault = fault_of(OF(WRITE, file), file, count, count);
  return fault.interrupts ? -1 : answer(fault, syscall(SYS_write, file, bytes, fault.moved));
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  enum row row = OF_BOTH(PWRITE, LMDB_PWRITE, file);
  struct fault fault = fault_of(row, file, count, row == LMDB_PWRITE ? 0 : count);
  return fault.interrupts ? -1 : answer(fault, syscall(SYS_pwrite64, file, bytes, fault.moved, offset));
}
ALSO(pwrite, ssize_t, pwrite64, int file, const void *bytes, size_t count, off_t offset);

// The program's own go to sockets.
ssize_t writev(int file, const struct iovec *pieces, int count) {
  enum row row = OF_BOTH(NONE, LMDB_WRITEV, file);
  return interrupts(row) ? -1 : syscall(SYS_writev, file, pieces, count);
}

static ssize_t write_gathered(enum row row, int file, const struct iovec *pieces, int count, off_t offset, int flags) {
  size_t length = length_of(pieces, count);
  struct fault fault = fault_of(count <= IOV_MAX ? row : NONE, file, length, length);
  if (fault.interrupts) return -1;
  if (fault.moved == length) return syscall(SYS_pwritev2, file, pieces, count, offset, 0, flags);
  struct iovec first[IOV_MAX];
  int used = first_of(pieces, count, fault.moved, first);
  return answer(fault, syscall(SYS_pwritev2, file, first, used, offset, 0, flags));
}

ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
  return write_gathered(OF(PWRITEV, file), file, pieces, count, offset, 0);
}
ALSO(pwritev, ssize_t, pwritev64, int file, const struct iovec *pieces, int count, off_t offset);

ssize_t pwritev2(int file, const struct iovec *pieces, int count, off_t offset, int flags) {
  return write_gathered(OF(PWRITEV2, file), file, pieces, count, offset, flags);
}
ALSO(pwritev2, ssize_t, pwritev64v2, int file, const struct iovec *pieces, int count, off_t offset, int flags);

int fsync(int file) { return interrupts(OF(FSYNC, file)) ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) { return interrupts(OF(FDATASYNC, file)) ? -1 : (int)syscall(SYS_fdatasync, file); }

int ftruncate(int file, off_t size) {
  return interrupts(OF(FTRUNCATE, file)) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}
ALSO(ftruncate, int, ftruncate64, int file, off_t size);

int fallocate(int file, int mode, off_t offset, off_t length) {
  enum row row = OF(FALLOCATE, file);
  if (row != NONE && fallocate_is_missing()) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return interrupts(row) ? -1 : (int)syscall(SYS_fallocate, file, mode, offset, length);
}
ALSO(fallocate, int, fallocate64, int file, int mode, off_t offset, off_t length);

// The C library's own falls back to writes, which none here sees: the file system has what it asks for.
int posix_fallocate(int file, off_t offset, off_t length) {
  if (interrupts(OF(POSIX_FALLOCATE, file))) return EINTR;
  int code = errno;
  int result = syscall(SYS_fallocate, file, 0, offset, length) == 0 ? 0 : errno;
  errno = code;
  return result;
}
ALSO(posix_fallocate, int, posix_fallocate64, int file, off_t offset, off_t length);

int fchmod(int file, mode_t mode) { return interrupts(OF(CHMOD, file)) ? -1 : (int)syscall(SYS_fchmod, file, mode); }

int chmod(const char *path, mode_t mode) {
  return interrupts(OF_NAME(CHMOD, AT_FDCWD, path)) ? -1 : (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

// Letting a lock go waits for nothing.
int flock(int file, int operation) {
  enum row row = operation == LOCK_UN ? NONE : OF(FLOCK, file);
  return interrupts(row) ? -1 : (int)syscall(SYS_flock, file, operation);
}

// Of its commands only locks can be interrupted. Whatever the last argument is, it has a register of its own.
int fcntl(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  bool is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
  enum row row = is_lock ? OF_BOTH(NONE, LMDB_LOCK, file) : NONE;
  return interrupts(row) ? -1 : (int)syscall(SYS_fcntl, file, command, argument);
}
ALSO(fcntl, int, fcntl64, int file, int command, ...);

int mkdirat(int folder, const char *path, mode_t mode) {
  return interrupts(OF_NAME(MKDIR, folder, path)) ? -1 : (int)syscall(SYS_mkdirat, folder, path, mode);
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int renameat2(int folder, const char *path, int new_folder, const char *new_path, unsigned flags) {
  enum row row = OF_NAME(RENAME, new_folder, new_path);
  return interrupts(row) ? -1 : (int)syscall(SYS_renameat2, folder, path, new_folder, new_path, flags);
}

int renameat(int folder, const char *path, int new_folder, const char *new_path) {
  return renameat2(folder, path, new_folder, new_path, 0);
}

int rename(const char *path, const char *new_path) { return renameat2(AT_FDCWD, path, AT_FDCWD, new_path, 0); }

int linkat(int folder, const char *path, int new_folder, const char *new_path, int flags) {
  enum row row = OF_NAME(LINK, new_folder, new_path);
  return interrupts(row) ? -1 : (int)syscall(SYS_linkat, folder, path, new_folder, new_path, flags);
}

int link(const char *path, const char *new_path) { return linkat(AT_FDCWD, path, AT_FDCWD, new_path, 0); }

int unlinkat(int folder, const char *path, int flags) {
  return interrupts(OF_NAME(UNLINK, folder, path)) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
