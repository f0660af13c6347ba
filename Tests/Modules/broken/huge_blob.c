/* Breaks: a wrapped key has at most 8192 bytes. */
#include "broken.h"

OPERATION(generate) {
    int32_t status = do_generate(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) answer->wrapped.size = STRONGROOM_KEY_WRAPPED_MAX + 1;
    complete(instance, operation, status);
}

ENTRY(broken.generate_data_key = generate)
