/* Small C that Swift cannot say: checksums with function target attributes, and system calls that
   the Glibc module leaves out. */
#ifndef STRONGROOM_SHIMS_H
#define STRONGROOM_SHIMS_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, RFC 3720) of `length` bytes, continuing from `crc` (0 at the start).
   Check value of "123456789": e3069283. */
uint32_t strongroom_crc32c(uint32_t crc, const void *data, size_t length);

/* CRC-64/NVME (NVM Express), continuing from `crc` (0 at the start).
   Check value of "123456789": ae8b14860a799888. */
uint64_t strongroom_crc64nvme(uint64_t crc, const void *data, size_t length);

#endif
