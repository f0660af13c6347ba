/* CRC-32, CRC-32C and CRC-64/NVME.

   All are reflected CRCs, so one folding kernel serves them and only the constants differ. Folding
   follows Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction"
   (Intel, 2009): a 128-bit block (low half L, high half H) followed by D bits is congruent to
   L * (x^(D+63) mod P) + H * (x^(D-1) mod P) at the end of those bits. The pairs below are these two
   remainders, bit-reversed; the exponents are one less than the distance because the carry-less
   product of two reflected 64-bit values is the reflected product times x.

   Three ways lead to every result: tables (any machine, and every short input and tail), PCLMULQDQ
   with eight 128-bit accumulators, and VPCLMULQDQ with four of 512 bits. */
#include "strongroom_shims.h"

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The sliced tables read little-endian words."
#endif

#define CRC32_POLYNOMIAL 0xEDB88320u
#define CRC32C_POLYNOMIAL 0x82F63B78u
#define CRC64NVME_POLYNOMIAL 0x9A6C9329AC4BC9B5u

/* Row k advances a byte's remainder over k more zero bytes (slicing-by-8). */
static uint32_t crc32_table[8][256];
static uint32_t crc32c_table[8][256];
static uint64_t crc64nvme_table[8][256];

static void make_table32(uint32_t table[8][256], uint32_t polynomial) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t word = byte;
        for (int bit = 0; bit < 8; bit++) word = (word >> 1) ^ (polynomial & (0u - (word & 1)));
        table[0][byte] = word;
    }
    for (int row = 1; row < 8; row++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t word = table[row - 1][byte];
            table[row][byte] = (word >> 8) ^ table[0][word & 255];
        }
    }
}

static void make_table64(uint64_t table[8][256], uint64_t polynomial) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint64_t word = byte;
        for (int bit = 0; bit < 8; bit++) word = (word >> 1) ^ (polynomial & (UINT64_C(0) - (word & 1)));
        table[0][byte] = word;
    }
    for (int row = 1; row < 8; row++) {
        for (int byte = 0; byte < 256; byte++) {
            uint64_t word = table[row - 1][byte];
            table[row][byte] = (word >> 8) ^ table[0][word & 255];
        }
    }
}

/* Runs before main, or when the library is loaded: no call can see half-made tables. */
__attribute__((constructor)) static void make_tables(void) {
    make_table32(crc32_table, CRC32_POLYNOMIAL);
    make_table32(crc32c_table, CRC32C_POLYNOMIAL);
    make_table64(crc64nvme_table, CRC64NVME_POLYNOMIAL);
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The functions below work on the raw register: the caller inverts before and after. */

static uint32_t by_table32(const uint32_t table[8][256], uint32_t crc, const uint8_t *bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word = load64(bytes) ^ crc;
        crc = table[7][word & 255] ^ table[6][word >> 8 & 255] ^ table[5][word >> 16 & 255]
            ^ table[4][word >> 24 & 255] ^ table[3][word >> 32 & 255] ^ table[2][word >> 40 & 255]
            ^ table[1][word >> 48 & 255] ^ table[0][word >> 56];
    }
    for (; length > 0; bytes++, length--) crc = (crc >> 8) ^ table[0][(crc ^ *bytes) & 255];
    return crc;
}

static uint32_t crc32_by_table(uint32_t crc, const uint8_t *bytes, size_t length) {
    return by_table32(crc32_table, crc, bytes, length);
}

static uint32_t crc32c_by_table(uint32_t crc, const uint8_t *bytes, size_t length) {
    return by_table32(crc32c_table, crc, bytes, length);
}

static uint64_t crc64nvme_by_table(uint64_t crc, const uint8_t *bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word = load64(bytes) ^ crc;
        crc = crc64nvme_table[7][word & 255] ^ crc64nvme_table[6][word >> 8 & 255]
            ^ crc64nvme_table[5][word >> 16 & 255] ^ crc64nvme_table[4][word >> 24 & 255]
            ^ crc64nvme_table[3][word >> 32 & 255] ^ crc64nvme_table[2][word >> 40 & 255]
            ^ crc64nvme_table[1][word >> 48 & 255] ^ crc64nvme_table[0][word >> 56];
    }
    for (; length > 0; bytes++, length--) crc = (crc >> 8) ^ crc64nvme_table[0][(crc ^ *bytes) & 255];
    return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* For each distance in bits: x^(D+63) and x^(D-1) modulo the polynomial, bit-reversed. */
typedef struct {
    uint64_t by_128[2], by_512[2], by_1024[2], by_2048[2];
} fold_constants;

static const fold_constants crc32_folds = {
    {0x65673b4600000000, 0x9ba54c6f00000000},
    {0x653d982200000000, 0xcad38e8f00000000},
    {0x7d657a1000000000, 0x7406fa9500000000},
    {0x7cc8e1e700000000, 0x03f9f86300000000},
};

static const fold_constants crc32c_folds = {
    {0x3743f7bd00000000, 0x3171d43000000000},
    {0x1c19243b00000000, 0x75bba45b00000000},
    {0x6577b24500000000, 0x7417153f00000000},
    {0xe9a5d8be00000000, 0x1426a81500000000},
};

static const fold_constants crc64nvme_folds = {
    {0xeadc41fd2ba3d420, 0x21e9761e252621ac},
    {0x0c32cdb31e18a84a, 0x62242240ace5045a},
    {0xa1ca681e733f9c40, 0x5f852fb61e8d92dc},
    {0x37ccd3e14069cabc, 0xa043808c0f782663},
};

#define PCLMUL __attribute__((target("sse4.2,pclmul")))
#define VPCLMUL __attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq")))

PCLMUL static inline __m128i load128(const void *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

PCLMUL static inline __m128i fold128(__m128i block, __m128i constants, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(block, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(block, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Folds whole 16-byte blocks into `block`, which stands for everything before `*bytes`. */
PCLMUL static inline __m128i fold_blocks(
    __m128i block, const fold_constants *folds, const uint8_t **bytes, size_t *length
) {
    const __m128i by_128 = load128(folds->by_128);
    for (; *length >= 16; *bytes += 16, *length -= 16) block = fold128(block, by_128, load128(*bytes));
    return block;
}

/* Leaves in `remainder` sixteen bytes whose CRC from a zero register equals that of all bytes
   consumed, and moves `bytes` and `length` past those. Needs at least 128 bytes. */
PCLMUL static void fold_pclmul(
    uint64_t crc, const fold_constants *folds, const uint8_t **bytes, size_t *length, uint8_t remainder[16]
) {
    const __m128i by_1024 = load128(folds->by_1024), by_128 = load128(folds->by_128);
    __m128i lanes[8];
    for (int lane = 0; lane < 8; lane++) lanes[lane] = load128(*bytes + 16 * lane);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128((long long)crc));
    for (*bytes += 128, *length -= 128; *length >= 128; *bytes += 128, *length -= 128) {
        for (int lane = 0; lane < 8; lane++) {
            lanes[lane] = fold128(lanes[lane], by_1024, load128(*bytes + 16 * lane));
        }
    }
    __m128i block = lanes[0];
    for (int lane = 1; lane < 8; lane++) block = fold128(block, by_128, lanes[lane]);
    _mm_storeu_si128((__m128i *)remainder, fold_blocks(block, folds, bytes, length));
}

VPCLMUL static inline __m512i fold512(__m512i block, __m512i constants, __m512i next) {
    __m512i low = _mm512_clmulepi64_epi128(block, constants, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(block, constants, 0x11);
    return _mm512_ternarylogic_epi64(low, high, next, 0x96);
}

/* As `fold_pclmul`, with at least 256 bytes. */
VPCLMUL static void fold_vpclmul(
    uint64_t crc, const fold_constants *folds, const uint8_t **bytes, size_t *length, uint8_t remainder[16]
) {
    const __m512i by_2048 = _mm512_broadcast_i32x4(load128(folds->by_2048));
    const __m512i by_512 = _mm512_broadcast_i32x4(load128(folds->by_512));
    const __m128i by_128 = load128(folds->by_128);
    __m512i lanes[4];
    for (int lane = 0; lane < 4; lane++) lanes[lane] = _mm512_loadu_si512(*bytes + 64 * lane);
    lanes[0] = _mm512_xor_si512(lanes[0], _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)crc)));
    for (*bytes += 256, *length -= 256; *length >= 256; *bytes += 256, *length -= 256) {
        for (int lane = 0; lane < 4; lane++) {
            lanes[lane] = fold512(lanes[lane], by_2048, _mm512_loadu_si512(*bytes + 64 * lane));
        }
    }
    __m512i wide = lanes[0];
    for (int lane = 1; lane < 4; lane++) wide = fold512(wide, by_512, lanes[lane]);
    for (; *length >= 64; *bytes += 64, *length -= 64) wide = fold512(wide, by_512, _mm512_loadu_si512(*bytes));
    __m128i block = _mm512_extracti32x4_epi32(wide, 0);
    block = fold128(block, by_128, _mm512_extracti32x4_epi32(wide, 1));
    block = fold128(block, by_128, _mm512_extracti32x4_epi32(wide, 2));
    block = fold128(block, by_128, _mm512_extracti32x4_epi32(wide, 3));
    _mm_storeu_si128((__m128i *)remainder, fold_blocks(block, folds, bytes, length));
}

/* The CRC-32C instruction: the fastest way for a frame header, which is too short to fold. */
PCLMUL static uint32_t crc32c_by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
    uint64_t wide = crc;
    for (; length >= 8; bytes += 8, length -= 8) wide = _mm_crc32_u64(wide, load64(bytes));
    crc = (uint32_t)wide;
    for (; length > 0; bytes++, length--) crc = _mm_crc32_u8(crc, *bytes);
    return crc;
}

static enum strongroom_checksum_path best_path(void) {
    if (!__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.2")) return STRONGROOM_CHECKSUM_TABLE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("vpclmulqdq")) return STRONGROOM_CHECKSUM_PCLMUL;
    return STRONGROOM_CHECKSUM_VPCLMUL;
}

/* Returns 0 where the input is too short for any folding on `path`. */
static int fold(
    enum strongroom_checksum_path path, uint64_t crc, const fold_constants *folds, const uint8_t **bytes,
    size_t *length, uint8_t remainder[16]
) {
    if (path >= STRONGROOM_CHECKSUM_VPCLMUL && *length >= 256) {
        fold_vpclmul(crc, folds, bytes, length, remainder);
    } else if (path >= STRONGROOM_CHECKSUM_PCLMUL && *length >= 128) {
        fold_pclmul(crc, folds, bytes, length, remainder);
    } else {
        return 0;
    }
    return 1;
}

static uint32_t crc32(enum strongroom_checksum_path path, uint32_t crc, const uint8_t *bytes, size_t length) {
    uint8_t remainder[16];
    if (fold(path, crc, &crc32_folds, &bytes, &length, remainder)) {
        crc = crc32_by_table(0, remainder, sizeof remainder);
    }
    return crc32_by_table(crc, bytes, length);
}

static uint32_t crc32c(enum strongroom_checksum_path path, uint32_t crc, const uint8_t *bytes, size_t length) {
    if (path == STRONGROOM_CHECKSUM_TABLE) return crc32c_by_table(crc, bytes, length);
    uint8_t remainder[16];
    if (fold(path, crc, &crc32c_folds, &bytes, &length, remainder)) {
        crc = crc32c_by_instruction(0, remainder, sizeof remainder);
    }
    return crc32c_by_instruction(crc, bytes, length);
}

static uint64_t crc64nvme(enum strongroom_checksum_path path, uint64_t crc, const uint8_t *bytes, size_t length) {
    uint8_t remainder[16];
    if (fold(path, crc, &crc64nvme_folds, &bytes, &length, remainder)) {
        crc = crc64nvme_by_table(0, remainder, sizeof remainder);
    }
    return crc64nvme_by_table(crc, bytes, length);
}
#else
static enum strongroom_checksum_path best_path(void) { return STRONGROOM_CHECKSUM_TABLE; }

static uint32_t crc32(enum strongroom_checksum_path path, uint32_t crc, const uint8_t *bytes, size_t length) {
    (void)path;
    return crc32_by_table(crc, bytes, length);
}

static uint32_t crc32c(enum strongroom_checksum_path path, uint32_t crc, const uint8_t *bytes, size_t length) {
    (void)path;
    return crc32c_by_table(crc, bytes, length);
}

static uint64_t crc64nvme(enum strongroom_checksum_path path, uint64_t crc, const uint8_t *bytes, size_t length) {
    (void)path;
    return crc64nvme_by_table(crc, bytes, length);
}
#endif

enum strongroom_checksum_path strongroom_checksum_best_path(void) { return best_path(); }

static enum strongroom_checksum_path at_most(enum strongroom_checksum_path path) {
    enum strongroom_checksum_path best = best_path();
    return path < best ? path : best;
}

uint32_t strongroom_crc32(uint32_t crc, const void *data, size_t length) {
    return ~crc32(best_path(), ~crc, data, length);
}

uint32_t strongroom_crc32c(uint32_t crc, const void *data, size_t length) {
    return ~crc32c(best_path(), ~crc, data, length);
}

uint64_t strongroom_crc64nvme(uint64_t crc, const void *data, size_t length) {
    return ~crc64nvme(best_path(), ~crc, data, length);
}

uint32_t strongroom_crc32_on(
    enum strongroom_checksum_path path, uint32_t crc, const void *data, size_t length
) {
    return ~crc32(at_most(path), ~crc, data, length);
}

uint32_t strongroom_crc32c_on(
    enum strongroom_checksum_path path, uint32_t crc, const void *data, size_t length
) {
    return ~crc32c(at_most(path), ~crc, data, length);
}

uint64_t strongroom_crc64nvme_on(
    enum strongroom_checksum_path path, uint64_t crc, const void *data, size_t length
) {
    return ~crc64nvme(at_most(path), ~crc, data, length);
}
