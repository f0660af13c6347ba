/* Breaks: a module that knows the host's major returns a table. */
#include "broken.h"

__attribute__((visibility("default")))
const strongroom_key_module *strongroom_key_backend_v1(uint32_t major, uint32_t minor) {
    (void)sample_entry(major, minor);
    return NULL;
}
