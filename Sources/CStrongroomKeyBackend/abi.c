#include "strongroom_key_backend.h"
