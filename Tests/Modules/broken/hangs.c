/* Breaks: every operation is completed. */
#include "broken.h"

OPERATION(generate) { (void)instance, (void)request, (void)answer, (void)operation; }

ENTRY(broken.generate_data_key = generate)
