/* Breaks: an operation returns. */
#include "broken.h"

OPERATION(describe) {
    (void)instance, (void)request, (void)answer, (void)operation;
    for (;;) pause();
}

ENTRY(broken.describe = describe)
