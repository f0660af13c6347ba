/* The recorder's calls, for programs that may run under it and are not linked with it. */
#ifndef STRONGROOM_REPLAY_MARKS_H
#define STRONGROOM_REPLAY_MARKS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this program runs under the recorder; where it does not, the calls below do nothing. */
bool strongroom_recorder_is_loaded(void);

/* 0, or -1 with errno set. */
int strongroom_recorder_start(const char *directory, const char *log);
void strongroom_recorder_stop(void);
void strongroom_recorder_mark(const void *bytes, size_t length);

#endif
