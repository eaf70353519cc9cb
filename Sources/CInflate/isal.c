#include "isal.h"

#include <stdlib.h>

#if __has_include(<isa-l/igzip_lib.h>) && __has_include(<isa-l/crc.h>)

#include "gzip_header.h"

#include <dlfcn.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>

// Opened at run time: a program built where ISA-L is installed also runs where it is not. The
// number in the library's name vouches for the layout of its structures.
static struct {
  void (*init)(struct inflate_state *);
  void (*reset)(struct inflate_state *);
  int (*inflate)(struct inflate_state *);
  uint32_t (*crc32)(uint32_t, const unsigned char *, uint64_t);
  bool present;
} library;

static void open_library(void) {
  void *handle = dlopen("libisal.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return;
  library.init = (void (*)(struct inflate_state *))dlsym(handle, "isal_inflate_init");
  library.reset = (void (*)(struct inflate_state *))dlsym(handle, "isal_inflate_reset");
  library.inflate = (int (*)(struct inflate_state *))dlsym(handle, "isal_inflate");
  library.crc32 = (uint32_t(*)(uint32_t, const unsigned char *, uint64_t))dlsym(handle,
                                                                              "crc32_gzip_refl");
  library.present = library.init != NULL && library.reset != NULL && library.inflate != NULL &&
                    library.crc32 != NULL;
}

bool isal_present(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return library.present;
}

struct isal_stream {
  struct inflate_state state;
  uint32_t checksum;
  gzip_header header; // of a gzip member
};

isal_stream *isal_create(cinflate_format format) {
  if (!isal_present()) return NULL;
  isal_stream *stream = malloc(sizeof *stream);
  if (stream == NULL) return NULL;
  library.init(&stream->state);
  stream->checksum = format == CINFLATE_GZIP ? ISAL_GZIP_NO_HDR_VER : ISAL_ZLIB;
  isal_reset(stream);
  return stream;
}

void isal_reset(isal_stream *stream) {
  library.reset(&stream->state);
  stream->state.crc_flag = stream->checksum;
  gzip_header_reset(&stream->header);
}

cinflate_status isal_run(isal_stream *stream, const uint8_t **input, size_t *input_count,
                         uint8_t **output, size_t *output_count) {
  if (stream->checksum != ISAL_ZLIB) {
    switch (gzip_header_read(&stream->header, input, input_count, library.crc32)) {
    case GZIP_HEADER_BAD: return CINFLATE_BAD_HEADER;
    case GZIP_HEADER_CONTINUES: return CINFLATE_CONTINUES;
    case GZIP_HEADER_ENDED: break;
    }
  }
  struct inflate_state *state = &stream->state;
  state->next_in = (uint8_t *)*input;
  state->avail_in = (uint32_t)*input_count;
  state->next_out = *output;
  state->avail_out = (uint32_t)*output_count;
  int status = library.inflate(state);
  *input = state->next_in;
  *input_count = state->avail_in;
  *output = state->next_out;
  *output_count = state->avail_out;
  switch (status) {
  case ISAL_DECOMP_OK:
  case ISAL_END_INPUT:
    return state->block_state == ISAL_BLOCK_FINISH ? CINFLATE_ENDED : CINFLATE_CONTINUES;
  case ISAL_INVALID_WRAPPER:
  case ISAL_UNSUPPORTED_METHOD:
  case ISAL_NEED_DICT:
    return CINFLATE_BAD_HEADER;
  case ISAL_INCORRECT_CHECKSUM:
    // The same status stands for the header's checksum, which comes before any data.
    return state->block_state == ISAL_BLOCK_FINISH ? CINFLATE_BAD_CHECKSUM : CINFLATE_BAD_HEADER;
  default:
    return CINFLATE_BAD_DATA;
  }
}

bool isal_crc32(const uint8_t *bytes, size_t count, uint32_t *crc) {
  if (!isal_present()) return false;
  *crc = library.crc32(0, bytes, count);
  return true;
}

#else

bool isal_present(void) { return false; }
isal_stream *isal_create(cinflate_format format) {
  (void)format;
  return NULL;
}
void isal_reset(isal_stream *stream) { (void)stream; }
cinflate_status isal_run(isal_stream *stream, const uint8_t **input, size_t *input_count,
                         uint8_t **output, size_t *output_count) {
  (void)stream, (void)input, (void)input_count, (void)output, (void)output_count;
  return CINFLATE_BAD_DATA;
}
bool isal_crc32(const uint8_t *bytes, size_t count, uint32_t *crc) {
  (void)bytes, (void)count, (void)crc;
  return false;
}

#endif
