#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H
#include <zlib.h>

// deflateInit2 is a macro. 31: the largest window, with the header and trailer of gzip (RFC 1952).
static inline int czlib_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}
static inline int czlib_begin_gunzip(z_stream *stream) { return inflateInit2(stream, 31); }

#endif
