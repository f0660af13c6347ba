/* The recording, as the interposed calls see it. */
#ifndef RECORDING_H
#define RECORDING_H

#include "replay_recorder.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#define RECORDING_PATH_BYTES 4096

/* Between these two a call is made and written down, so that the recording's order is the real one. */
bool recording_enter(void);
void recording_leave(void);

bool recording_tracks(int descriptor);
void recording_track(int descriptor, bool is_tracked);

/* What `path`, from `directory`, is called below the recorded directory; false where it lies elsewhere. */
bool recording_name(int directory, const char *path, char name[RECORDING_PATH_BYTES]);

/* `vectors` hold the record's `data_bytes`, and may hold more. */
void recording_append(struct strongroom_replay_record record, const char *name, const char *other_name,
                      const struct iovec *vectors);
void recording_unknown(const char *call);

#endif
