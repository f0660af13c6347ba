/* Breaks: a status is one of the contract's. */
#include "broken.h"

OPERATION(describe) {
    (void)request, (void)answer;
    complete(instance, operation, 4711);
}

ENTRY(broken.describe = describe)
