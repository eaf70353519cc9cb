#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Decodes a PNG held in memory into 8-bit grey, row-major, through libpng. Palettes and bit depths
// under 8 are expanded, colour becomes (19595 R + 38470 G + 7471 B + 32768) >> 16 and alpha is
// dropped, as Pillow's convert("L") does; gAMA and other colour chunks change nothing. 16-bit
// images are refused.
//
// The image must be `width` x `height`; `pixels` has room for width * height bytes. On failure
// returns false and writes a sentence of at most `message_size` bytes with its terminator.
bool cpng_decode_grey(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                      uint8_t *pixels, char *message, size_t message_size);

// Encodes 8-bit grey (channels 1) or RGB (channels 3) pixels. Returns a buffer of `*count` bytes
// to be released with cpng_free, or NULL when memory runs out.
uint8_t *cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                     size_t *count);

void cpng_free(uint8_t *bytes);
