// Loops over plain memory that are worth the vector instructions of newer processors. Each is
// compiled for several, and the dynamic loader takes the best that the processor has.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Philox4x32-10 blocks of consecutive counters. `key` and the counter's halves hold two 32-bit
// words each, the first in the low half; `low` rises by one from block to block.
typedef struct {
  uint64_t key;
  uint64_t low;
  uint64_t high;
} ckernels_philox;

// Writes the words of the next 8 * `groups` blocks, 32 words a group.
void ckernels_philox_words(uint32_t *words, size_t groups, ckernels_philox start);

// Compares the 16-bit numbers of the next 8 * `groups` blocks with `threshold` (0 ... 65536). Bit
// j of group g, least significant first, is 1 when number 64 g + j is below it.
void ckernels_philox_below(uint64_t *bits, size_t groups, ckernels_philox start,
                           uint32_t threshold);

// Copies `count` numbers into wider ones.
void ckernels_widen_u8(int32_t *output, const uint8_t *input, size_t count);
void ckernels_widen_u16(int32_t *output, const uint16_t *input, size_t count);

// The columns of one panel of a packed matrix.
#define CKERNELS_PANEL 32

// Packs up to CKERNELS_PANEL columns of a matrix [rows, columns]: the panel holds CKERNELS_PANEL
// values of every row, one row after the other, zeros beyond `columns`. Strides are in values.
void ckernels_pack(float *panel, const float *matrix, size_t row_stride, size_t column_stride,
                   size_t rows, size_t columns);

// output = left * right, or output += left * right when `adds`: [rows, columns] of [rows, inner]
// by [inner, columns]. `panels` holds the packed panels of right, inner * CKERNELS_PANEL values
// each. Needs inner > 0. Every value is summed in one order, whatever the other extents are.
void ckernels_product(float *output, size_t output_stride, const float *left, size_t left_stride,
                      const float *panels, size_t rows, size_t columns, size_t inner, bool adds);

#endif
