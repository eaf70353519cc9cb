#pragma once

#include "CInflate.h"

// The ISA-L side of CInflate.h. Without ISA-L isal_create returns NULL and isal_crc32 false.

typedef struct isal_stream isal_stream;

bool isal_present(void);
isal_stream *isal_create(cinflate_format format);
void isal_reset(isal_stream *stream);
cinflate_status isal_run(isal_stream *stream, const uint8_t **input, size_t *input_count,
                         uint8_t **output, size_t *output_count);
bool isal_crc32(const uint8_t *bytes, size_t count, uint32_t *crc);
