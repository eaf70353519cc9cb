// Products of matrices whose right factor was packed before, for all threads and rows at once.
//
// A general product packs its factors in every call. Where one factor, a layer's weight, meets
// a few hundred rows in each of many calls, that is a tenth to a third of the time.

#include <stdbool.h>

#include "CKernels.h"

#define INLINE static inline __attribute__((always_inline))

// A block of A, 128 rows by 512 of the inner dimension, takes 256 KiB; a panel's part 64 KiB.
#define ROW_BLOCK 128
#define INNER_BLOCK 512

INLINE size_t smaller(size_t first, size_t second) { return first < second ? first : second; }

#if defined(__x86_64__)

#define LANES 16
#define ROWS 8
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define NAME(name) name##_v4
#include "product_tile.h"
#undef LANES
#undef ROWS
#undef TARGET
#undef NAME

#define LANES 8
#define ROWS 4
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define NAME(name) name##_v3
#include "product_tile.h"
#undef LANES
#undef ROWS
#undef TARGET
#undef NAME

#endif

// Registers of 16 bytes, which every processor has.
#define LANES 4
#define ROWS 4
#define TARGET
#define NAME(name) name##_any
#include "product_tile.h"

void ckernels_product(float *output, size_t output_stride, const float *left, size_t left_stride,
                      const float *panels, size_t rows, size_t columns, size_t inner, bool adds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) {
    product_v4(output, output_stride, left, left_stride, panels, rows, columns, inner, adds);
    return;
  }
  if (__builtin_cpu_supports("x86-64-v3")) {
    product_v3(output, output_stride, left, left_stride, panels, rows, columns, inner, adds);
    return;
  }
#endif
  product_any(output, output_stride, left, left_stride, panels, rows, columns, inner, adds);
}

void ckernels_pack(float *panel, const float *matrix, size_t row_stride, size_t column_stride,
                   size_t rows, size_t columns) {
  // Few rows at a time, so that a matrix read along its columns is read by whole lines.
  for (size_t first = 0; first < rows; first += 16) {
    size_t last = smaller(first + 16, rows);
    if (column_stride == 1 && columns == CKERNELS_PANEL) {
      for (size_t row = first; row < last; row++)
        for (size_t column = 0; column < CKERNELS_PANEL; column++)
          panel[row * CKERNELS_PANEL + column] = matrix[row * row_stride + column];
      continue;
    }
    for (size_t column = 0; column < CKERNELS_PANEL; column++)
      for (size_t row = first; row < last; row++)
        panel[row * CKERNELS_PANEL + column] =
            column < columns ? matrix[row * row_stride + column * column_stride] : 0;
  }
}
