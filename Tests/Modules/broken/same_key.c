/* Breaks: each data key is a new one. */
#include "broken.h"

OPERATION(generate) {
    int32_t status = do_generate(instance, request, answer, operation);
    if (answer->plaintext.size == KEY_SIZE) memset(answer->plaintext.data, 7, KEY_SIZE);
    complete(instance, operation, status);
}

ENTRY(broken.generate_data_key = generate)
