#define _GNU_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of writes and reads past the page cache: the sector of every disk, and what the store aligns them to.
#define BLOCK 4096

// Mapped from a file: what a process has done counts however it ends, and those that it starts go on with the counts.
static struct {
  char name[32];
  _Atomic uint64_t calls, interrupted, cut;
} *rows;

static char root[PATH_MAX];
static size_t root_length;
static uint64_t seed, period;
static uintptr_t lmdb_start, lmdb_end;
// The controls, see .ci/interrupted.
static bool cuts_writes, is_lmdb_alone, has_no_fallocate;
static enum row for_ever = NONE;
// Rows that STRONGROOM_INTERRUPTIONS_ONLY does not name, where it names some: to find which of them a failure is of.
static bool is_spared[ROW_COUNT];

static uint64_t mixed(uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
  value = (value ^ value >> 27) * 0x94D049BB133111EBu;
  return value ^ value >> 31;
}

static bool is_below_root(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

// By what the system says: descriptors are duplicated, inherited and opened by what is not seen here.
static bool link_is_below(const char *link) {
  char path[PATH_MAX];
  int code = errno;
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = code;
  if (length < 0) return false;
  path[length] = 0;
  return is_below_root(path);
}

bool is_below(int file) {
  if (!rows || file < 0) return false;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  return link_is_below(link);
}

// Without following links: the directory that is watched has none.
bool is_below_at(int folder, const char *path) {
  if (!rows) return false;
  // How a file is opened a second time.
  if (strncmp(path, "/proc/self/fd/", 14) == 0) return link_is_below(path);
  if (path[0] == '/') return is_below_root(path);
  return folder == AT_FDCWD ? link_is_below("/proc/self/cwd") : is_below(folder);
}

bool is_lmdb(const void *caller) { return (uintptr_t)caller >= lmdb_start && (uintptr_t)caller < lmdb_end; }

bool hits_lmdb_alone(void) { return is_lmdb_alone; }

bool fallocate_is_missing(void) { return has_no_fallocate; }

// Counts a call; whether it is one of those that are hit, and a number at random for what happens to it.
static bool hits(enum row row, uint64_t *chance) {
  uint64_t number = atomic_fetch_add_explicit(&rows[row].calls, 1, memory_order_relaxed);
  *chance = mixed(seed ^ mixed(number ^ (uint64_t)row << 56));
  return number % period == seed % period && !is_spared[row];
}

static bool interrupt(enum row row) {
  atomic_fetch_add_explicit(&rows[row].interrupted, 1, memory_order_relaxed);
  errno = EINTR;
  return true;
}

bool interrupts(enum row row) {
  if (row == NONE) return false;
  uint64_t chance;
  bool is_hit = hits(row, &chance);
  if (row == for_ever) return interrupt(row);
  // Whoever is interrupted each time gets nowhere; with fewer bytes each time one does.
  return is_hit && period > 1 && !cuts_writes && interrupt(row);
}

struct fault fault_of(enum row row, int file, size_t asked, size_t available) {
  struct fault fault = {false, asked, asked};
  if (row == NONE) return fault;
  uint64_t chance;
  bool is_hit = hits(row, &chance);
  if (row == for_ever) is_hit = fault.interrupts = interrupt(row);
  if (!is_hit || fault.interrupts) return fault;

  int code = errno;
  bool is_direct = (syscall(SYS_fcntl, file, F_GETFL) & O_DIRECT) != 0;
  errno = code;
  // The rest must be one that the system takes, too.
  size_t unit = is_direct ? BLOCK : 1;
  size_t units = available > 0 ? (available - 1) / unit : 0;
  bool is_write = row == WRITE || row == PWRITE || row == PWRITEV || row == PWRITEV2;
  bool may_be_cut = units > 0 && (!cuts_writes || is_write);
  if (period > 1 && !cuts_writes && (!may_be_cut || chance & 1)) {
    fault.interrupts = interrupt(row);
  } else if (may_be_cut) {
    atomic_fetch_add_explicit(&rows[row].cut, 1, memory_order_relaxed);
    fault.moved = (1 + (chance >> 1) % units) * unit;
    if (!cuts_writes) fault.told = fault.moved;
  }
  return fault;
}

static int find_lmdb(struct dl_phdr_info *library, size_t size, void *context) {
  (void)size, (void)context;
  if (!strstr(library->dlpi_name, "/liblmdb")) return 0;
  lmdb_start = library->dlpi_addr;
  for (int part = 0; part < library->dlpi_phnum; part++) {
    const ElfW(Phdr) *header = &library->dlpi_phdr[part];
    uintptr_t end = library->dlpi_addr + header->p_vaddr + header->p_memsz;
    if (header->p_type == PT_LOAD && end > lmdb_end) lmdb_end = end;
  }
  return 1;
}

// A run whose faults were not what was asked for proves nothing: better none.
static void refuse(const char *what) {
  dprintf(STDERR_FILENO, "interruptions: %s\n", what);
  abort();
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

// Whether a list with commas has the name.
static bool has(const char *list, const char *name) {
  size_t length = strlen(name);
  for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
    if (strncmp(list, name, length) == 0 && (list[length] == ',' || list[length] == 0)) return true;
  }
  return false;
}

static void choose(const char *mode, const char *only) {
  static const char *const names[] = {
#define ROW(name, text) text,
    ROWS(ROW)
#undef ROW
  };
  for (int row = 0; row < ROW_COUNT; row++) {
    snprintf(rows[row].name, sizeof rows[row].name, "%s", names[row]);
    is_spared[row] = *only && !has(only, names[row]);
    if (strncmp(mode, "for ever ", 9) == 0 && strcmp(mode + 9, names[row]) == 0) for_ever = (enum row)row;
  }
  cuts_writes = strcmp(mode, "cut writes") == 0;
  is_lmdb_alone = strcmp(mode, "LMDB") == 0;
  has_no_fallocate = strcmp(mode, "no fallocate") == 0;
  bool is_known = cuts_writes || is_lmdb_alone || has_no_fallocate || for_ever != NONE;
  if (*mode && !is_known) refuse("there is no such mode");
}

__attribute__((constructor)) static void start(void) {
  const char *directory = getenv("STRONGROOM_INTERRUPTIONS_DIRECTORY");
  if (!directory) return;
  if (!realpath(directory, root)) refuse("there is no such directory");
  root_length = strlen(root);
  seed = strtoull(setting("STRONGROOM_INTERRUPTIONS_SEED"), NULL, 10);
  period = strtoull(setting("STRONGROOM_INTERRUPTIONS_PERIOD"), NULL, 10);
  if (period == 0) refuse("there is no period");
  dl_iterate_phdr(find_lmdb, NULL);

  const char *counts = setting("STRONGROOM_INTERRUPTIONS_COUNTS");
  int file = (int)syscall(SYS_openat, AT_FDCWD, counts, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  size_t size = ROW_COUNT * sizeof *rows;
  if (file < 0 || syscall(SYS_ftruncate, file, size) != 0) refuse("the counts cannot be written");
  void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) refuse("the counts cannot be mapped");
  close(file);
  rows = map;
  choose(setting("STRONGROOM_INTERRUPTIONS_MODE"), setting("STRONGROOM_INTERRUPTIONS_ONLY"));
}
