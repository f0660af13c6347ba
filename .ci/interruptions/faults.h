// Which calls are interrupted or cut short, and which files they belong to.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

// The rows of the counts, in the file and in what .ci/interrupted prints.
#define ROWS(ROW)                                                                                          \
  ROW(OPEN, "open") ROW(READ, "read") ROW(PREAD, "pread") ROW(PREADV2, "preadv2") ROW(WRITE, "write")      \
  ROW(PWRITE, "pwrite") ROW(PWRITEV, "pwritev") ROW(PWRITEV2, "pwritev2") ROW(FSYNC, "fsync")              \
  ROW(FDATASYNC, "fdatasync") ROW(FTRUNCATE, "ftruncate") ROW(FALLOCATE, "fallocate")                      \
  ROW(POSIX_FALLOCATE, "posix_fallocate") ROW(CHMOD, "chmod") ROW(FLOCK, "flock") ROW(MKDIR, "mkdir")      \
  ROW(RENAME, "rename") ROW(LINK, "link") ROW(UNLINK, "unlink") ROW(LMDB_PWRITE, "pwrite of LMDB")         \
  ROW(LMDB_WRITEV, "writev of LMDB") ROW(LMDB_LOCK, "fcntl of LMDB")

enum row {
#define ROW(name, text) name,
  ROWS(ROW)
#undef ROW
  ROW_COUNT,
  // Counted and interrupted nowhere.
  NONE = ROW_COUNT
};

// What is to happen to a call that moves bytes.
struct fault {
  bool interrupts;
  // So many are moved, and so many it says it has moved: the same but in the control that cuts writes.
  size_t moved, told;
};

// Seen by nobody else: these names are common ones.
#pragma GCC visibility push(hidden)

bool is_below(int file);
bool is_below_at(int folder, const char *path);
bool is_lmdb(const void *caller);
// Whether the calls of LMDB are the ones to be hit: in its control, where nobody else's are.
bool hits_lmdb_alone(void);

// Whether the call is to fail with EINTR, which errno is then.
bool interrupts(enum row row);
// `available`: how many of the `asked` bytes there are to be moved.
struct fault fault_of(enum row row, int file, size_t asked, size_t available);

bool fallocate_is_missing(void);

#pragma GCC visibility pop
