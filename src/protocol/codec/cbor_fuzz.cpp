// CBOR bodies: what can be read must come back from what is written of it.
#include "protocol/codec/cbor.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)codec::parse_cbor(bytes);
  const model::Shape& shape = *model::find("monitoring")->find("PutMetricData")->input;
  const auto params = codec::read_cbor(shape, bytes);
  if (!params) return 0;
  std::string written;
  codec::write_cbor_structure(shape, *params, written);
  const auto again = codec::read_cbor(shape, written);
  CHECK(again && json::equal(*again, *params), "written values read back as themselves");
  return 0;
}
