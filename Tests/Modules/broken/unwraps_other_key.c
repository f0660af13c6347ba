/* Breaks: unwrap returns the key that was wrapped. */
#include "broken.h"

OPERATION(unwrap) {
    int32_t status = do_unwrap(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) answer->plaintext.data[0] ^= 1;
    complete(instance, operation, status);
}

ENTRY(broken.unwrap = unwrap)
