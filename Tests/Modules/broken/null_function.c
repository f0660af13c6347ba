/* Breaks: no function is NULL. */
#include "broken.h"

ENTRY(broken.rewrap = NULL)
