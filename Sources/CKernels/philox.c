// Philox4x32-10 (Salmon et al., SC 2011), eight blocks at a time.

#include "CKernels.h"

#include <stdbool.h>
#include <string.h>

#include "dispatch.h"

// One 32-bit word of each of eight blocks, in the low half of a lane; the high half is not used,
// as a widening multiplication reads the low halves only.
typedef uint64_t Lanes __attribute__((vector_size(64)));
typedef uint16_t Draws __attribute__((vector_size(64)));
typedef bool Bits __attribute__((ext_vector_type(32)));

// The words of eight blocks in the order of the stream, four blocks in each.
typedef struct {
  Lanes first, second;
} Group;

#define INLINE static inline __attribute__((always_inline))

INLINE Group group_at(const ckernels_philox *start, size_t index) {
  const Lanes word = (Lanes){} + UINT32_MAX;
  const Lanes counter = (Lanes){0, 1, 2, 3, 4, 5, 6, 7} + (start->low + 8 * index);
  Lanes c0 = counter, c1 = counter >> 32;
  Lanes c2 = (Lanes){} + start->high, c3 = c2 >> 32;
  uint32_t k0 = (uint32_t)start->key, k1 = (uint32_t)(start->key >> 32);
  for (int round = 0; round < 10; round++) {
    Lanes first = (c0 & word) * UINT64_C(0xD2511F53);
    Lanes second = (c2 & word) * UINT64_C(0xCD9E8D57);
    c0 = (second >> 32) ^ c1 ^ (uint64_t)k0;
    c2 = (first >> 32) ^ c3 ^ (uint64_t)k1;
    c1 = second;
    c3 = first;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  Lanes low = (c0 & word) | (c1 << 32), high = (c2 & word) | (c3 << 32);
  return (Group){__builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11),
                 __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15)};
}

DISPATCHED
void ckernels_philox_words(uint32_t *words, size_t groups, ckernels_philox start) {
  for (size_t index = 0; index < groups; index++) {
    Group group = group_at(&start, index);
    memcpy(words + 32 * index, &group, sizeof group);
  }
}

// Bit j says whether 16-bit number j of four blocks is at most `greatest`.
INLINE uint64_t at_most(const Lanes *words, uint16_t greatest) {
  Draws draws = (Draws)*words;
  Bits bits = __builtin_convertvector(draws <= greatest, Bits);
  uint32_t result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

DISPATCHED
void ckernels_philox_below(uint64_t *bits, size_t groups, ckernels_philox start,
                           uint32_t threshold) {
  if (threshold == 0) {
    memset(bits, 0, groups * sizeof *bits);
    return;
  }
  uint16_t greatest = (uint16_t)(threshold - 1);
  for (size_t index = 0; index < groups; index++) {
    Group group = group_at(&start, index);
    bits[index] = at_most(&group.first, greatest) | at_most(&group.second, greatest) << 32;
  }
}
