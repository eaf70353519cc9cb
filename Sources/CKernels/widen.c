#include "CKernels.h"

#include "dispatch.h"

DISPATCHED
void ckernels_widen_u8(int32_t *output, const uint8_t *input, size_t count) {
  for (size_t index = 0; index < count; index++) output[index] = input[index];
}

DISPATCHED
void ckernels_widen_u16(int32_t *output, const uint16_t *input, size_t count) {
  for (size_t index = 0; index < count; index++) output[index] = input[index];
}
