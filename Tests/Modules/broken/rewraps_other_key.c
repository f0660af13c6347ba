/* Breaks: rewrap keeps the data key. */
#include "broken.h"

OPERATION(rewrap) {
    struct request_view view;
    uint8_t other[KEY_SIZE], wrapped[WRAPPED_SIZE];
    uint32_t version;
    int32_t status = do_rewrap(instance, request, answer, operation);
    memset(other, 5, sizeof other);
    if (status == STRONGROOM_KEY_OK && (status = read_request(request->context, &view)) == STRONGROOM_KEY_OK
        && (status = wrap(instance, &view, other, wrapped, &version)) == STRONGROOM_KEY_OK)
        fill(&answer->wrapped, wrapped, sizeof wrapped);
    complete(instance, operation, status);
}

ENTRY(broken.rewrap = rewrap)
