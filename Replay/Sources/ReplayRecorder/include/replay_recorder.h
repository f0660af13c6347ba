/* What a recording holds, and how a program that runs under the recorder talks to it.

   The recorder is loaded before a program (LD_PRELOAD) and writes down, in the order in which they happened, the
   calls that change files below one directory. */
#ifndef STRONGROOM_REPLAY_RECORDER_H
#define STRONGROOM_REPLAY_RECORDER_H

#include <stddef.h>
#include <stdint.h>

enum strongroom_replay_kind {
    STRONGROOM_REPLAY_OPEN = 1,
    STRONGROOM_REPLAY_WRITE = 2,
    STRONGROOM_REPLAY_TRUNCATE = 3,
    STRONGROOM_REPLAY_ALLOCATE = 4,
    STRONGROOM_REPLAY_SYNC = 5,
    STRONGROOM_REPLAY_RENAME = 6,
    STRONGROOM_REPLAY_UNLINK = 7,
    STRONGROOM_REPLAY_MAKE_DIRECTORY = 8,
    STRONGROOM_REPLAY_REMOVE_DIRECTORY = 9,
    STRONGROOM_REPLAY_LINK = 10,
    STRONGROOM_REPLAY_CLOSE = 11,
    STRONGROOM_REPLAY_DUPLICATE = 12,
    STRONGROOM_REPLAY_MARK = 13,
    STRONGROOM_REPLAY_MAP = 14,
    /* A change that a replay does not know: it refuses the recording, and says which. */
    STRONGROOM_REPLAY_UNKNOWN = 15
};

enum strongroom_replay_flag {
    STRONGROOM_REPLAY_CREATES = 1,
    STRONGROOM_REPLAY_EMPTIES = 2,
    /* Each write through the descriptor is durable when it returns (O_DSYNC, O_SYNC); of a write: it was. */
    STRONGROOM_REPLAY_SYNCED = 4
};

/* A record: this, the name or the two names (each ends in a zero byte; below the recorded directory, which is
   itself the empty name), the bytes. */
struct strongroom_replay_record {
    uint32_t kind;
    int32_t descriptor;
    uint32_t flags;
    uint32_t name_bytes;
    /* Of a write its place, of TRUNCATE and ALLOCATE the size, of DUPLICATE the new descriptor. */
    uint64_t offset;
    uint64_t data_bytes;
};

/* Begins to record what happens below `directory` into a new file `log`, which lies elsewhere. The environment's
   STRONGROOM_REPLAY_DIRECTORY and STRONGROOM_REPLAY_LOG begin a recording with the program. 0, or -1 with errno set. */
int strongroom_replay_start(const char *directory, const char *log);

/* Ends the recording. */
void strongroom_replay_stop(void);

/* Puts a mark between what happened before and what happens after. */
void strongroom_replay_mark(const void *bytes, size_t length);

#endif
