/* Breaks: the wrapped key does not contain the key. */
#include "broken.h"

OPERATION(generate) {
    int32_t status = do_generate(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) memcpy(answer->wrapped.data + NONCE_SIZE, answer->plaintext.data, KEY_SIZE);
    complete(instance, operation, status);
}

ENTRY(broken.generate_data_key = generate)
