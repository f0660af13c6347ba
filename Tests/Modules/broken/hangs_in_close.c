/* Breaks: close is completed. */
#include "broken.h"

OPERATION(shut) { (void)instance, (void)request, (void)answer, (void)operation; }

ENTRY(broken.close = shut)
