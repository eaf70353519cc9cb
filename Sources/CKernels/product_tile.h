// C = A P (+ C) for one instruction set, with C held in registers a tile at a time.
//
// The file that includes this one says what the registers hold:
//   LANES         Float values of a register
//   ROWS          rows of a tile, so that ROWS * 2 registers of C, 2 of P and one of A fit
//   TARGET        the attribute that turns the instruction set on
//   NAME(name)    a name of this instruction set's own
//
// A tile takes 2 loads of P and ROWS of A for ROWS * 2 multiplications of a register, which leaves
// the multipliers, and not the loads, as the limit.

typedef float NAME(Lanes) __attribute__((vector_size(4 * LANES), aligned(4)));

// `rows` (at most ROWS) by 2 * LANES values of C, of which `columns` are stored.
INLINE TARGET void NAME(tile)(int rows, float *c, size_t c_stride, const float *a, size_t a_stride,
                              const float *panel, size_t inner, size_t columns, bool adds) {
  NAME(Lanes) sums[ROWS][2];
  for (int row = 0; row < rows; row++)
    for (int half = 0; half < 2; half++) sums[row][half] = (NAME(Lanes)){};
  for (size_t k = 0; k < inner; k++) {
    const NAME(Lanes) *b = (const NAME(Lanes) *)(panel + k * CKERNELS_PANEL);
    NAME(Lanes) first = b[0], second = b[1];
    for (int row = 0; row < rows; row++) {
      float factor = a[row * a_stride + k];
      sums[row][0] += first * factor;
      sums[row][1] += second * factor;
    }
  }
  if (columns >= 2 * LANES) {
    for (int row = 0; row < rows; row++) {
      NAME(Lanes) *target = (NAME(Lanes) *)(c + row * c_stride);
      for (int half = 0; half < 2; half++)
        target[half] = adds ? target[half] + sums[row][half] : sums[row][half];
    }
  } else {
    for (int row = 0; row < rows; row++) {
      const float *values = (const float *)sums[row];
      float *target = c + row * c_stride;
      for (size_t column = 0; column < columns; column++)
        target[column] = adds ? target[column] + values[column] : values[column];
    }
  }
}

// All rows of one panel's columns.
INLINE TARGET void NAME(panel_product)(float *c, size_t c_stride, const float *a, size_t a_stride,
                                       const float *panel, size_t rows, size_t columns,
                                       size_t inner, bool adds) {
  for (size_t column = 0; column < columns; column += 2 * LANES) {
    size_t row = 0, rest = columns - column;
    for (; row + ROWS <= rows; row += ROWS)
      NAME(tile)(ROWS, c + row * c_stride + column, c_stride, a + row * a_stride, a_stride,
                 panel + column, inner, rest, adds);
    for (; row < rows; row++)
      NAME(tile)(1, c + row * c_stride + column, c_stride, a + row * a_stride, a_stride,
                 panel + column, inner, rest, adds);
  }
}

// Blocks of A that stay in the second cache while all panels pass by.
TARGET static void NAME(product)(float *c, size_t c_stride, const float *a, size_t a_stride,
                                 const float *panels, size_t rows, size_t columns, size_t inner,
                                 bool adds) {
  for (size_t k = 0; k < inner; k += INNER_BLOCK) {
    size_t inner_count = smaller(inner - k, INNER_BLOCK);
    for (size_t row = 0; row < rows; row += ROW_BLOCK) {
      size_t row_count = smaller(rows - row, ROW_BLOCK);
      for (size_t column = 0; column < columns; column += CKERNELS_PANEL)
        NAME(panel_product)(c + row * c_stride + column, c_stride, a + row * a_stride + k, a_stride,
                            panels + column * inner + k * CKERNELS_PANEL, row_count,
                            smaller(columns - column, CKERNELS_PANEL), inner_count, adds || k > 0);
    }
  }
}
