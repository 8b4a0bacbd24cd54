// The small texts that every request is full of: ARNs, times, base64, percent-encoding, UTF-8. What is read is written as it was.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/arn.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/sample_set.h"
#include "base/time_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto arn = Arn::parse(text)) CHECK(arn->text() == text, "an ARN is its parts");

  if (const auto bytes = base64_decode(text)) CHECK(base64_decode(base64_encode(*bytes)) == bytes, "base64 keeps bytes");
  CHECK(base64_decode(base64_encode(text)) == text, "base64 keeps bytes");
  CHECK(hex_decode(hex_encode(text)) == text, "hexadecimal keeps bytes");
  CHECK(percent_decode(percent_encode(text)) == text, "percent-encoding keeps bytes");
  if (const auto plain = percent_decode(text, Plus::space)) CHECK(plain->size() <= size, "decoding adds nothing");

  CHECK(lower_case(text).size() == size, "letters stay letters");
  size_t at = 0, points = 0;
  std::string again;
  for (; at < size; ++points) {
    const size_t before = at;
    append_utf8(again, next_code_point(text, at));
    CHECK(at > before && at <= size, "a code point is at least a byte");
  }
  if (is_utf8(text)) CHECK(again == text && code_points(text) == points && utf16_units(text) >= points, "text keeps its letters");

  if (const auto instant = parse_iso8601(text)) {
    // Years of more than four digits are no text that is read.
    const std::string written = iso8601_ms(*instant);
    if (written.size() == 24) CHECK(parse_iso8601(written) == instant, "a time is what is written of it");
    (void)http_date(*instant);
  }
  if (const auto instant = parse_iso8601_basic(text)) CHECK(iso8601_basic(*instant) == text, "a time is what is written of it");
  if (const auto samples = SampleSet::decode(text)) (void)samples->encode();
  return 0;
}
