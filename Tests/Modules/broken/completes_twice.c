/* Breaks: an operation is completed exactly once. */
#include "broken.h"

OPERATION(describe) {
    int32_t status = do_describe(instance, request, answer, operation);
    complete(instance, operation, status);
    complete(instance, operation, status);
}

ENTRY(broken.describe = describe)
