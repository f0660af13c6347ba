#define _GNU_SOURCE
#include "strongroom_modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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
    int copy = memfd_create("strongroom-key-module", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        const char *text = dlerror();
        snprintf(message, message_size, "%s", text != NULL ? text : "unknown error");
    }
    return library;
}

void *strongroom_library_symbol(void *library, const char *name) { return dlsym(library, name); }

int strongroom_exit_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
