#include "CInflate.h"
#include "isal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct cinflate_stream {
  isal_stream *isal; // NULL for zlib
  z_stream zlib;
};

bool cinflate_has_isal(void) { return isal_present(); }

cinflate_stream *cinflate_create(cinflate_format format, bool isal) {
  cinflate_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) return NULL;
  bool succeeded;
  if (isal) {
    stream->isal = isal_create(format);
    succeeded = stream->isal != NULL;
  } else {
    // 15 is the largest window, 16 more a gzip wrapper.
    succeeded = inflateInit2(&stream->zlib, format == CINFLATE_GZIP ? 15 + 16 : 15) == Z_OK;
  }
  if (succeeded) return stream;
  free(stream);
  return NULL;
}

void cinflate_destroy(cinflate_stream *stream) {
  if (stream == NULL) return;
  if (stream->isal != NULL) {
    free(stream->isal);
  } else {
    inflateEnd(&stream->zlib);
  }
  free(stream);
}

void cinflate_reset(cinflate_stream *stream) {
  if (stream->isal != NULL) {
    isal_reset(stream->isal);
  } else {
    inflateReset(&stream->zlib);
  }
}

// zlib has one status for all damage and tells the kinds apart by words only.
static cinflate_status kind_of_damage(const char *words) {
  if (words == NULL) return CINFLATE_BAD_DATA;
  if (strcmp(words, "incorrect data check") == 0) return CINFLATE_BAD_CHECKSUM;
  if (strcmp(words, "incorrect length check") == 0) return CINFLATE_BAD_CHECKSUM;
  if (strstr(words, "header") != NULL) return CINFLATE_BAD_HEADER;
  if (strcmp(words, "unknown compression method") == 0) return CINFLATE_BAD_HEADER;
  if (strcmp(words, "invalid window size") == 0) return CINFLATE_BAD_HEADER;
  return CINFLATE_BAD_DATA;
}

cinflate_status cinflate_run(cinflate_stream *stream, const uint8_t **input, size_t *input_count,
                             uint8_t **output, size_t *output_count) {
  if (stream->isal != NULL) {
    return isal_run(stream->isal, input, input_count, output, output_count);
  }
  z_stream *zlib = &stream->zlib;
  zlib->next_in = (Bytef *)*input;
  zlib->avail_in = (uInt)*input_count;
  zlib->next_out = *output;
  zlib->avail_out = (uInt)*output_count;
  int status = inflate(zlib, Z_NO_FLUSH);
  *input = zlib->next_in;
  *input_count = zlib->avail_in;
  *output = zlib->next_out;
  *output_count = zlib->avail_out;
  switch (status) {
  case Z_STREAM_END: return CINFLATE_ENDED;
  case Z_OK:
  case Z_BUF_ERROR: return CINFLATE_CONTINUES;
  case Z_NEED_DICT: return CINFLATE_BAD_HEADER;
  default: return kind_of_damage(zlib->msg);
  }
}

uint32_t cinflate_crc32(const uint8_t *bytes, size_t count) {
  uint32_t crc;
  return isal_crc32(bytes, count, &crc) ? crc : (uint32_t)crc32_z(0, bytes, count);
}
