/* Breaks: the table starts with the magic. */
#include "broken.h"

ENTRY(broken.magic ^= 1)
