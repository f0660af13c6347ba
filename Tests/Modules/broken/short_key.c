/* Breaks: a data key has 32 bytes. */
#include "broken.h"

OPERATION(generate) {
    int32_t status = do_generate(instance, request, answer, operation);
    answer->plaintext.size = 16;
    complete(instance, operation, status);
}

ENTRY(broken.generate_data_key = generate)
