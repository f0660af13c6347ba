/* The calls that change the names in directories. */
#define _GNU_SOURCE
#include "recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note_name(uint32_t kind, const char *name, const char *other) {
    recording_append((struct strongroom_replay_record){.kind = kind}, name, other, NULL);
}

static int rename_recorded(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    if (!recording_enter()) return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    char source[RECORDING_PATH_BYTES], target[RECORDING_PATH_BYTES];
    bool is_from_inside = recording_name(from_directory, from, source);
    bool is_to_inside = recording_name(to_directory, to, target);
    int result = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    if (result == 0 && is_from_inside && is_to_inside && (flags & ~RENAME_NOREPLACE) == 0) {
        note_name(STRONGROOM_REPLAY_RENAME, source, target);
    } else if (result == 0 && (is_from_inside || is_to_inside)) {
        recording_unknown("rename across the recorded directory, or an exchange");
    }
    recording_leave();
    return result;
}

int rename(const char *from, const char *to) { return rename_recorded(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    return rename_recorded(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    return rename_recorded(from_directory, from, to_directory, to, flags);
}

static int unlink_recorded(int directory, const char *path, int flags) {
    if (!recording_enter()) return (int)syscall(SYS_unlinkat, directory, path, flags);
    char name[RECORDING_PATH_BYTES];
    bool is_inside = recording_name(directory, path, name);
    int result = (int)syscall(SYS_unlinkat, directory, path, flags);
    bool is_directory = (flags & AT_REMOVEDIR) != 0;
    if (result == 0 && is_inside) {
        note_name(is_directory ? STRONGROOM_REPLAY_REMOVE_DIRECTORY : STRONGROOM_REPLAY_UNLINK, name, NULL);
    }
    recording_leave();
    return result;
}

int unlinkat(int directory, const char *path, int flags) { return unlink_recorded(directory, path, flags); }

int unlink(const char *path) { return unlink_recorded(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlink_recorded(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int directory, const char *path, mode_t mode) {
    if (!recording_enter()) return (int)syscall(SYS_mkdirat, directory, path, mode);
    char name[RECORDING_PATH_BYTES];
    bool is_inside = recording_name(directory, path, name);
    int result = (int)syscall(SYS_mkdirat, directory, path, mode);
    if (result == 0 && is_inside) note_name(STRONGROOM_REPLAY_MAKE_DIRECTORY, name, NULL);
    recording_leave();
    return result;
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    if (!recording_enter()) return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    char source[RECORDING_PATH_BYTES], target[RECORDING_PATH_BYTES];
    bool is_from_inside = recording_name(from_directory, from, source);
    bool is_to_inside = recording_name(to_directory, to, target);
    int result = (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    if (result == 0 && is_to_inside) {
        if (is_from_inside) note_name(STRONGROOM_REPLAY_LINK, source, target);
        else recording_unknown("link from elsewhere");
    }
    recording_leave();
    return result;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlinkat(const char *target, int directory, const char *path) {
    int result = (int)syscall(SYS_symlinkat, target, directory, path);
    if (result != 0 || !recording_enter()) return result;
    char name[RECORDING_PATH_BYTES];
    if (recording_name(directory, path, name)) recording_unknown("symlink");
    recording_leave();
    return result;
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int truncate(const char *path, off_t size) {
    int result = (int)syscall(SYS_truncate, path, size);
    if (result != 0 || !recording_enter()) return result;
    char name[RECORDING_PATH_BYTES];
    if (recording_name(AT_FDCWD, path, name)) recording_unknown("truncate by name");
    recording_leave();
    return result;
}
