#include "protocol/codec/inflate.h"

#include <zlib.h>

#include <memory>

namespace codec {

Result<std::string> gunzip(std::string_view compressed, size_t bytes_max) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK)
    return fail("ServiceUnavailableException", "Out of memory", 503);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  char chunk[64 * 1024];
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    const int state = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk, sizeof chunk - stream.avail_out);
    if (out.size() > bytes_max)
      return fail("RequestEntityTooLargeException", "The request body is too large.", 413);
    if (state == Z_STREAM_END) break;
    if (state != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      return fail("SerializationException", "The request body is not valid gzip.");
    }
  }
  if (stream.avail_in != 0)
    return fail("SerializationException", "The request body is not valid gzip.");
  return out;
}

}  // namespace codec
