/* Breaks: the module speaks the host's major version. */
#include "broken.h"

ENTRY(broken.abi_major = 2)
