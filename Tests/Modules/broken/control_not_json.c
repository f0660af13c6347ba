/* Breaks: control answers a JSON object. */
#include "broken.h"

OPERATION(control) {
    int32_t status = do_control(instance, request, answer, operation);
    if (status == STRONGROOM_KEY_OK) fill(&answer->document, "all is well", 11);
    complete(instance, operation, status);
}

ENTRY(broken.control = control)
