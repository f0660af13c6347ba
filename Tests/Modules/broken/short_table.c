/* Breaks: the table has at least the size of minor version 0. */
#include "broken.h"

ENTRY(broken.size = 96)
