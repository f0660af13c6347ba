/* Breaks: open does not crash. */
#include "broken.h"

#include <signal.h>

static int32_t crash(
    const strongroom_key_module *self, const strongroom_key_host *host_table, uint64_t host,
    strongroom_key_bytes configuration, void **instance, strongroom_key_buffer *message) {
    (void)self, (void)host_table, (void)host, (void)configuration, (void)instance, (void)message;
    raise(SIGSEGV);
    return STRONGROOM_KEY_E_MODULE_FAULT;
}

ENTRY(broken.open = crash)
