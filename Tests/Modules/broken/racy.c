/* Breaks: an instance may be called from many threads at once. */
#include "broken.h"

/* Keeps the key of the operation at hand in one place for all threads. */
static uint8_t shared[KEY_SIZE];

OPERATION(unwrap) {
    int32_t status = do_unwrap(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) {
        memcpy(shared, answer->plaintext.data, KEY_SIZE);
        usleep(500);
        memcpy(answer->plaintext.data, shared, KEY_SIZE);
    }
    complete(instance, operation, status);
}

ENTRY(broken.unwrap = unwrap)
