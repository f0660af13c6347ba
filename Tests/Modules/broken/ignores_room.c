/* Breaks: a buffer that is too small is answered with the length needed, and nothing is written. */
#include "broken.h"

OPERATION(generate) {
    strongroom_key_answer roomy = *answer;
    uint8_t wrapped[WRAPPED_SIZE];
    roomy.wrapped = (strongroom_key_buffer){wrapped, sizeof wrapped, 0};
    int32_t status = do_generate(instance, request, &roomy, operation);
    answer->plaintext.size = roomy.plaintext.size;
    answer->key_id.size = roomy.key_id.size;
    answer->key_version.size = roomy.key_version.size;
    if (answer->wrapped.capacity >= roomy.wrapped.size) memcpy(answer->wrapped.data, wrapped, roomy.wrapped.size);
    answer->wrapped.size = roomy.wrapped.size;
    complete(instance, operation, status);
}

ENTRY(broken.generate_data_key = generate)
