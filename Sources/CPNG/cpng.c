#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors by longjmp, which must not cross Swift frames: everything that touches
// libpng stays in this file.

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t position;
} source;

typedef struct {
  jmp_buf jump;
  char *message;
  size_t message_size;
  bool has_surplus;
} failure;

static void on_error(png_structp png, png_const_charp text) {
  failure *state = png_get_error_ptr(png);
  snprintf(state->message, state->message_size, "%s", text);
  longjmp(state->jump, 1);
}

// Data beyond the last row are a warning to libpng; what else it warns of changes no pixel.
static void on_warning(png_structp png, png_const_charp text) {
  failure *state = png_get_error_ptr(png);
  if (strstr(text, "Too much image data") || strstr(text, "Extra compressed data")) {
    state->has_surplus = true;
  }
}

static void on_read(png_structp png, png_bytep into, size_t wanted) {
  source *input = png_get_io_ptr(png);
  if (wanted > input->count - input->position) png_error(png, "the file ends too early");
  memcpy(into, input->bytes + input->position, wanted);
  input->position += wanted;
}

static uint8_t grey_of(const uint8_t *rgb) {
  return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

bool cpng_decode_grey(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                      uint8_t *pixels, char *message, size_t message_size) {
  source input = {bytes, count, 0};
  failure state;
  state.message = message;
  state.message_size = message_size;
  state.has_surplus = false;
  png_bytep volatile rows = NULL;
  png_bytepp volatile row_pointers = NULL;

  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
  if (png == NULL) {
    snprintf(message, message_size, "out of memory");
    return false;
  }
  // Made before setjmp, so that its value is certain after a jump.
  png_infop info = png_create_info_struct(png);
  if (setjmp(state.jump)) {
    png_destroy_read_struct(&png, &info, NULL);
    free((void *)row_pointers);
    free((void *)rows);
    return false;
  }
  if (info == NULL) png_error(png, "out of memory");
  png_set_read_fn(png, &input, on_read);
  // Ancillary chunks are neither kept nor inflated, critical damage is always an error.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  png_set_user_limits(png, 1 << 16, 1 << 16);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_read_info(png, info);

  uint32_t found_width = png_get_image_width(png, info);
  uint32_t found_height = png_get_image_height(png, info);
  if (found_width != width || found_height != height) {
    char text[96];
    snprintf(text, sizeof text, "expected %u x %u pixels, found %u x %u", width, height,
             found_width, found_height);
    png_error(png, text);
  }
  if (png_get_bit_depth(png, info) == 16) png_error(png, "16-bit images are not supported");
  int type = png_get_color_type(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) {
    png_set_palette_to_rgb(png);
  } else if (png_get_bit_depth(png, info) < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  // A tRNS chunk would add an alpha channel here; stripping keeps the layout at one or three.
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  int channels = png_get_channels(png, info);
  if (channels != 1 && channels != 3) png_error(png, "unexpected number of channels");
  size_t stride = png_get_rowbytes(png, info);
  if (stride != (size_t)width * (size_t)channels) png_error(png, "unexpected row size");

  row_pointers = malloc(height * sizeof(png_bytep));
  rows = channels == 1 ? NULL : malloc(stride * height);
  if (row_pointers == NULL || (channels == 3 && rows == NULL)) png_error(png, "out of memory");
  uint8_t *base = channels == 1 ? pixels : rows;
  for (uint32_t row = 0; row < height; row++) row_pointers[row] = base + row * stride;
  png_read_image(png, row_pointers);
  png_read_end(png, NULL);
  if (state.has_surplus) png_error(png, "there are more data than the image has rows");
  if (channels == 3) {
    for (size_t pixel = 0; pixel < (size_t)width * height; pixel++) {
      pixels[pixel] = grey_of(rows + 3 * pixel);
    }
  }
  png_destroy_read_struct(&png, &info, NULL);
  free((void *)row_pointers);
  free((void *)rows);
  return true;
}

typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} sink;

static void on_write(png_structp png, png_bytep from, size_t count) {
  sink *output = png_get_io_ptr(png);
  if (output->count + count > output->capacity) {
    size_t capacity = 2 * (output->count + count);
    uint8_t *grown = realloc(output->bytes, capacity);
    if (grown == NULL) png_error(png, "out of memory");
    output->bytes = grown;
    output->capacity = capacity;
  }
  memcpy(output->bytes + output->count, from, count);
  output->count += count;
}

static void on_flush(png_structp png) { (void)png; }

uint8_t *cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                     size_t *count) {
  char message[96];
  sink output = {NULL, 0, 0};
  failure state;
  state.message = message;
  state.message_size = sizeof message;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
  if (png == NULL) return NULL;
  png_infop info = png_create_info_struct(png);
  if (setjmp(state.jump)) {
    png_destroy_write_struct(&png, &info);
    free(output.bytes);
    return NULL;
  }
  if (info == NULL) png_error(png, "out of memory");
  png_set_write_fn(png, &output, on_write, on_flush);
  png_set_IHDR(png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t row = 0; row < height; row++) {
    png_write_row(png, pixels + (size_t)row * width * (size_t)channels);
  }
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  *count = output.count;
  return output.bytes;
}

void cpng_free(uint8_t *bytes) { free(bytes); }
