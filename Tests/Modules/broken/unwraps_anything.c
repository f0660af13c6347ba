/* Breaks: a damaged wrapped key is refused. */
#include "broken.h"

OPERATION(unwrap) {
    int32_t status = do_unwrap(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_E_INVALID_CIPHERTEXT && answer->plaintext.data != NULL) {
        memset(answer->plaintext.data, 9, KEY_SIZE);
        answer->plaintext.size = KEY_SIZE;
        fill_identity(answer, 1);
        status = STRONGROOM_KEY_OK;
    }
    complete(instance, operation, status);
}

ENTRY(broken.unwrap = unwrap)
