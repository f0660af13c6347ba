/* Breaks: a module that says it binds the encryption context refuses another one. */
#include "broken.h"

OPERATION(generate) {
    strongroom_key_request bare = *request;
    bare.context.size = 0;
    complete(instance, operation, do_generate(instance, &bare, answer, operation));
}

/* The version is a number below 10, the context is what stands behind it in the block. */
OPERATION(unwrap) {
    struct request_view view;
    strongroom_key_request bare = *request;
    if (read_request(request->context, &view) == STRONGROOM_KEY_OK && view.context.data != NULL)
        bare.context.size = (uint64_t)(view.context.data - request->context.data);
    complete(instance, operation, do_unwrap(instance, &bare, answer, operation));
}

ENTRY((broken.generate_data_key = generate, broken.unwrap = unwrap))
