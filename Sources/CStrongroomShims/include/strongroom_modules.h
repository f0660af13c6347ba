/* System calls that loading a key module needs and that Swift's Glibc module leaves out. */
#ifndef STRONGROOM_MODULES_H
#define STRONGROOM_MODULES_H

#include <stddef.h>
#include <stdint.h>

/* Copies the file behind `descriptor` from its beginning into an anonymous file in memory and seals that against every
   change: what is hashed there is what is loaded from there. Returns the new descriptor (close-on-exec), or a negative
   errno; -EFBIG where the file has more than `size_max` bytes. */
int strongroom_sealed_copy(int descriptor, uint64_t size_max);

/* 1 where the process runs with privileges that its user does not have (setuid, file capabilities); else 0. */
int strongroom_is_privileged_execution(void);

/* 1 where a library of that name is part of this process already (and then stays); else 0. Loads nothing. */
int strongroom_library_is_loaded(const char *name);

/* dlopen with RTLD_NOW, RTLD_LOCAL and RTLD_NODELETE: resolved completely, visible to nobody else, never unloaded. NULL
   on failure, with dlerror's text (cut to fit) in `message`; also where a library was loaded under that name before. */
void *strongroom_load_library(const char *path, char *message, size_t message_size);

/* dlsym in one library; NULL where the symbol is missing. */
void *strongroom_library_symbol(void *library, const char *name);

/* Starts `path` with the arguments `argv` (ended by NULL) and this process's environment, but for Swift's backtracer,
   which is off: a crash is an expected end. No signal is blocked, standard input is empty, standard output comes out of
   `*output`; with `own_group` the child leads a process group. Returns 0 or an errno. */
int strongroom_spawn(const char *path, char *const *argv, int own_group, int *process, int *output);

/* Splits the wait status of waitpid: returns the exit code, or minus the number of the signal that ended the child. */
int strongroom_exit_code(int wait_status);
#endif
