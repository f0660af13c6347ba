/* Small C that Swift cannot say: checksums with function target attributes, and system calls that
   the Glibc module leaves out. */
#ifndef STRONGROOM_SHIMS_H
#define STRONGROOM_SHIMS_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 (IEEE 802.3, RFC 1952) of `length` bytes, continuing from `crc` (0 at the start).
   Check value of "123456789": cbf43926. */
uint32_t strongroom_crc32(uint32_t crc, const void *data, size_t length);

/* CRC-32C (Castagnoli, RFC 3720) of `length` bytes, continuing from `crc` (0 at the start).
   Check value of "123456789": e3069283. */
uint32_t strongroom_crc32c(uint32_t crc, const void *data, size_t length);

/* CRC-64/NVME (NVM Express), continuing from `crc` (0 at the start).
   Check value of "123456789": ae8b14860a799888. */
uint64_t strongroom_crc64nvme(uint64_t crc, const void *data, size_t length);

/* The ways a checksum can be computed, slowest first. */
enum strongroom_checksum_path {
    STRONGROOM_CHECKSUM_TABLE = 0,
    STRONGROOM_CHECKSUM_PCLMUL = 1,
    STRONGROOM_CHECKSUM_VPCLMUL = 2
};

/* The way this machine takes. */
enum strongroom_checksum_path strongroom_checksum_best_path(void);

/* The same checksums, by `path` or the best this machine has below it: tests compare them. */
uint32_t strongroom_crc32_on(enum strongroom_checksum_path path, uint32_t crc, const void *data, size_t length);
uint32_t strongroom_crc32c_on(enum strongroom_checksum_path path, uint32_t crc, const void *data, size_t length);
uint64_t strongroom_crc64nvme_on(enum strongroom_checksum_path path, uint64_t crc, const void *data, size_t length);

/* getrandom(2) with no flags. Returns the number of bytes written, or minus errno. */
int64_t strongroom_getrandom(void *buffer, size_t length);

/* The kind of the file system that holds `path` (`f_type` of statfs, which the Glibc module leaves out).
   0, or -1 with errno set. */
int strongroom_file_system_magic(const char *path, uint32_t *magic);

/* fallocate(2) of bytes 0 to `size`, extending the file. 0, or -1 with errno set. */
int strongroom_allocate(int descriptor, int64_t size);

/* prctl(PR_SET_DUMPABLE, 0): no core dump of this process, and no debugger of the same user.
   0, or -1 with errno set. */
int strongroom_set_not_dumpable(void);

/* fallocate(2) of `length` bytes from `offset` that leaves the file's size alone. 0, or -1 with errno set. */
int strongroom_reserve(int descriptor, int64_t offset, int64_t length);

/* preadv2(2) with RWF_NOWAIT: what the page cache has of `length` bytes at `offset`, without waiting for
   the device. Returns the number of bytes, or minus errno: EAGAIN where it would have to wait. */
int64_t strongroom_read_cached(int descriptor, void *buffer, size_t length, int64_t offset);

/* Turns O_DIRECT on (fcntl(2) F_SETFL, which the Glibc module leaves out as it is variadic).
   0, or -1 with errno set: EINVAL where the file system has none. */
int strongroom_set_direct(int descriptor);

/* Opens the file behind `descriptor` once more, for writing with O_DIRECT. Returns a descriptor (close-on-exec), or -1
   with errno set: EINVAL where the file system has none, EBADF where `descriptor` is not for writing. */
int strongroom_reopen_direct(int descriptor);

/* pwritev2(2) with RWF_DSYNC: what is written is durable on return. Returns the number of bytes, or minus errno. */
int64_t strongroom_write_through(int descriptor, const void *buffer, size_t length, int64_t offset);

/* renameat2(2) with RENAME_NOREPLACE within one directory: EEXIST where `to` is there, EINVAL where the file system
   has no such rename. 0, or -1 with errno set. */
int strongroom_rename_new(int directory, const char *from, const char *to);

/* Names the calling thread; longer than 15 bytes does nothing. */
void strongroom_name_current_thread(const char *name);

/* Raises the soft limit RLIMIT_NOFILE to the hard one: how many descriptors this process may have then; UINT64_MAX for
   no limit, 0 for one that cannot be read. */
uint64_t strongroom_raise_descriptor_limit(void);

/* The soft limit RLIMIT_MEMLOCK; UINT64_MAX stands for none, and for one that cannot be read. */
uint64_t strongroom_locked_memory_limit_bytes(void);

#endif
