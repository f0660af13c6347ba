/* Local sockets that take descriptors along (unix(7), SCM_RIGHTS), whose macros and unions Swift cannot say. */
#ifndef STRONGROOM_CONTROL_H
#define STRONGROOM_CONTROL_H

#include <stddef.h>
#include <stdint.h>

/* Makes the socket `name` in a directory, mode 0600, in the place of one that is there already, and listens on it for
   connections that keep messages apart. Returns the descriptor (close-on-exec), or a negative errno; -EEXIST where
   something else has the name. */
int strongroom_control_listen(int directory, const char *name);

/* Connects to it, waiting. Returns the descriptor (close-on-exec), or a negative errno: -ENOENT or -ECONNREFUSED where
   nobody listens. */
int strongroom_control_connect(int directory, const char *name);

/* Waits for a connection and takes it. Returns the descriptor (close-on-exec), or a negative errno: -EINVAL once the
   listener was shut down. */
int strongroom_control_accept(int listener);

/* Whose process is at the other end (SO_PEERCRED). 0, or a negative errno. */
int strongroom_control_peer(int socket, uint32_t *user, int32_t *process);

/* Sends one message and `descriptor_count` descriptors (at most 4) with it; no signal where nobody reads any more. 0,
   or a negative errno: -EMSGSIZE for a message that is too large. */
int strongroom_control_send(int socket, const void *bytes, size_t length, const int *descriptors,
                            size_t descriptor_count);

/* Receives one message, and the descriptors that come with it (close-on-exec), which are the caller's to close. Returns
   the message's length, 0 at the end, or a negative errno: -EMSGSIZE where message or descriptors have no room, and
   then none is left open. */
int64_t strongroom_control_receive(int socket, void *buffer, size_t length, int *descriptors, size_t descriptors_max,
                                   size_t *descriptor_count);
#endif
