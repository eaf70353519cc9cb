#pragma once

#include <zlib.h>

// inflateInit2 is a macro, which Swift cannot import; 15 + 16 is a gzip wrapper with the largest
// window.
static inline int lra_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
