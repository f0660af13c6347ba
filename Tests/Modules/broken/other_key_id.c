/* Breaks: the answer names the key that was asked. */
#include "broken.h"

OPERATION(unwrap) {
    int32_t status = do_unwrap(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) fill(&answer->key_id, "sample/other", 12);
    complete(instance, operation, status);
}

ENTRY(broken.unwrap = unwrap)
