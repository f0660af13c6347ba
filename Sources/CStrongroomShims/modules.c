#define _GNU_SOURCE
#include "strongroom_modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef MFD_EXEC
#define MEMFD_EXECUTABLE MFD_EXEC
#else
#define MEMFD_EXECUTABLE 0x0010U
#endif

static int copy_all(int source, int target, uint64_t size_max) {
    char buffer[65536];
    uint64_t copied = 0;
    for (;;) {
        ssize_t count = pread(source, buffer, sizeof buffer, (off_t)copied);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) return 0;
        if ((uint64_t)count > size_max - copied) return -EFBIG;
        for (ssize_t written = 0; written < count;) {
            ssize_t now = write(target, buffer + written, (size_t)(count - written));
            if (now < 0 && errno == EINTR) continue;
            if (now < 0) return -errno;
            written += now;
        }
        copied += (uint64_t)count;
    }
}

int strongroom_sealed_copy(int descriptor, uint64_t size_max) {
    /* Kernels that can forbid executable files in memory want to be told (6.3 and later); others do not know
       the flag. */
    int copy = memfd_create("strongroom-key-module", MFD_CLOEXEC | MFD_ALLOW_SEALING | MEMFD_EXECUTABLE);
    if (copy < 0 && errno == EINVAL) copy = memfd_create("strongroom-key-module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (copy < 0) return -errno;
    int status = copy_all(descriptor, copy, size_max);
    if (status == 0 && fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        status = -errno;
    if (status != 0) {
        close(copy);
        return status;
    }
    return copy;
}

int strongroom_is_privileged_execution(void) { return getauxval(AT_SECURE) != 0; }

int strongroom_library_is_loaded(const char *name) {
    /* The handle is kept on purpose: the library must still be there when the module that needs it is loaded. */
    return dlopen(name, RTLD_LAZY | RTLD_NOLOAD) != NULL;
}

void *strongroom_load_library(const char *path, char *message, size_t message_size) {
    /* The linker knows libraries by name first: under a name that it knows, it would give out what it loaded then. */
    if (dlopen(path, RTLD_LAZY | RTLD_NOLOAD) != NULL) {
        snprintf(message, message_size, "another library has been loaded under the name %s", path);
        return NULL;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        const char *text = dlerror();
        snprintf(message, message_size, "%s", text != NULL ? text : "unknown error");
    }
    return library;
}

void *strongroom_library_symbol(void *library, const char *name) { return dlsym(library, name); }

/* The environment with SWIFT_BACKTRACE replaced; NULL without memory. Freed by the caller, its strings are not. */
static char **quiet_environment(void) {
    static const char name[] = "SWIFT_BACKTRACE=";
    size_t count = 0;
    while (environ[count] != NULL) count++;
    char **copy = malloc((count + 2) * sizeof *copy);
    if (copy == NULL) return NULL;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], name, sizeof name - 1) != 0) copy[kept++] = environ[i];
    copy[kept++] = (char *)"SWIFT_BACKTRACE=enable=no";
    copy[kept] = NULL;
    return copy;
}

static int spawn(
    const char *path, char *const *argv, char *const *environment, int own_group, int output, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int status = posix_spawn_file_actions_init(&actions);
    if (status != 0) return status;
    status = posix_spawnattr_init(&attributes);
    if (status == 0) {
        short flags = POSIX_SPAWN_SETSIGMASK | (own_group ? POSIX_SPAWN_SETPGROUP : 0);
        status = posix_spawnattr_setflags(&attributes, flags);
        /* Our threads block signals; a child that inherited that could not be ended by any but SIGKILL. */
        if (status == 0) status = posix_spawnattr_setsigmask(&attributes, &none);
        if (status == 0) status = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (status == 0) status = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (status == 0) status = posix_spawn(process, path, &actions, &attributes, argv, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

int strongroom_spawn(const char *path, char *const *argv, int own_group, int *process, int *output) {
    int ends[2];
    char **environment = quiet_environment();
    if (environment == NULL) return ENOMEM;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(environment);
        return errno;
    }
    int status = spawn(path, argv, environment, own_group, ends[1], process);
    close(ends[1]);
    free(environment);
    if (status == 0)
        *output = ends[0];
    else
        close(ends[0]);
    return status;
}

int strongroom_exit_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
