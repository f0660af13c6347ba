/* Breaks: describe does not crash. */
#include "broken.h"

OPERATION(describe) {
    (void)instance, (void)request, (void)answer, (void)operation;
    abort();
}

ENTRY(broken.describe = describe)
