// Functions of strings.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/encoding.h"
#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

Item string(Call& call) {
  const Item value = call[0];
  if (!value.defined() || value.is_string()) return value;
  return call.evaluation.text(call.evaluation.string_of(value, call[1].is_bool() && call[1].truth()));
}

// As Array.slice counts: from the end where negative, cut to the length.
size_t slice_place(double place, double length) {
  if (std::isnan(place)) return 0;
  place = std::trunc(place);
  if (place < 0) place = std::max(0.0, length + place);
  return static_cast<size_t>(std::min(place, length));
}

Item substring(Call& call) {
  if (!call[0].defined()) return {};
  const std::string_view text = call[0].string();
  const auto length = static_cast<double>(code_points_of(text));
  double start = call[1].defined() ? call[1].number() : 0;
  if (length + start < 0) start = 0;
  size_t from = 0, to = static_cast<size_t>(length);
  if (call[2].defined()) {
    const double count = call[2].number();
    if (count <= 0) return Item(std::string_view());
    from = slice_place(start, length);
    to = slice_place(start >= 0 ? start + count : length + start + count, length);
  } else {
    from = slice_place(start, length);
  }
  if (from >= to) return Item(std::string_view());
  const size_t begin = byte_of(text, from);
  const std::string_view rest = text.substr(begin);
  return Item(rest.substr(0, byte_of(rest, to - from)));
}

Item substring_before(Call& call) {
  if (!call[0].defined() || !call[1].defined()) return call[0];
  const std::string_view text = call[0].string();
  const size_t at = text.find(call[1].string());
  return at == text.npos ? call[0] : Item(text.substr(0, at));
}

Item substring_after(Call& call) {
  if (!call[0].defined() || !call[1].defined()) return call[0];
  const std::string_view text = call[0].string(), sought = call[1].string();
  const size_t at = text.find(sought);
  return at == text.npos ? call[0] : Item(text.substr(at + sought.size()));
}

Item lowercase(Call& call) { return call[0].defined() ? call.evaluation.text(to_lower(call[0].string())) : Item(); }
Item uppercase(Call& call) { return call[0].defined() ? call.evaluation.text(to_upper(call[0].string())) : Item(); }
Item length(Call& call) { return call[0].defined() ? Item(static_cast<double>(code_points_of(call[0].string()))) : Item(); }

Item trim(Call& call) {
  if (!call[0].defined()) return {};
  std::string out;
  for (const char c : call[0].string()) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space) {
      out.push_back(c);
    } else if (out.empty() || out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (!out.empty() && out.front() == ' ') out.erase(0, 1);
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return call.evaluation.text(out);
}

Item pad(Call& call) {
  if (!call[0].defined()) return {};
  const std::string_view text = call[0].string();
  const double width = call[1].defined() ? call[1].number() : std::nan("");
  std::string_view with = call[2].defined() ? call[2].string() : std::string_view(" ");
  if (with.empty()) with = " ";
  const double missing = std::abs(width) - static_cast<double>(code_points_of(text));
  if (!(missing > 0)) return call[0];
  call.evaluation.admit(missing * 4);
  const size_t units = code_points_of(with);
  std::string padding;
  size_t left = static_cast<size_t>(missing);
  for (; left >= units; left -= units) padding += with;
  padding += with.substr(0, byte_of(with, left));
  std::string out;
  if (width > 0) {
    out = text;
    append_text(out, padding);
  } else {
    out = padding;
    append_text(out, text);
  }
  return call.evaluation.text(out);
}

Item join(Call& call) {
  if (!call[0].defined()) return {};
  const Item array = call[0];
  const std::string_view separator = call[1].defined() ? call[1].string() : std::string_view();
  const size_t count = array.size();
  double bytes = 0;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<double>(array[i].is_string() ? array[i].string().size() : 0) + static_cast<double>(separator.size());
  call.evaluation.admit(bytes);
  std::string out;
  out.reserve(static_cast<size_t>(bytes));
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) append_text(out, separator);
    const Item one = array[i];
    if (one.is_string()) append_text(out, one.string());
  }
  return call.evaluation.text(out);
}

// --- base64 and URLs ---------------------------------------------------------------------------------------

// Each UTF-16 unit's lower byte, as Buffer.from(text, 'binary') takes them.
Item base64encode(Call& call) {
  if (!call[0].defined()) return {};
  std::string bytes;
  for (const char16_t unit : to_utf16(call[0].string())) bytes.push_back(static_cast<char>(unit & 0xFF));
  return call.evaluation.text(base64_encode(bytes));
}

// As lenient as Buffer: both alphabets, anything else skipped, padding ends it.
Item base64decode(Call& call) {
  if (!call[0].defined()) return {};
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : call[0].string()) {
    if (c == '=') break;
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+' || c == '-') value = 62;
    if (c == '/' || c == '_') value = 63;
    if (value < 0) continue;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    append_unit(out, bits >> count & 0xFF);
  }
  return call.evaluation.text(out);
}

constexpr std::string_view kComponent = "-_.!~*'()";
constexpr std::string_view kWholeUrl = "-_.!~*'();/?:@&=+$,#";

bool is_alphanumeric(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

[[noreturn]] void malformed(Call& call, std::string_view function) {
  Failure failure("D3140");
  quote(call[0].string(), failure.value);
  failure.message = "Malformed URL passed to $" + std::string(function) + "(): " + failure.value;
  throw failure;
}

Item encode(Call& call, std::string_view keep, std::string_view function) {
  if (!call[0].defined()) return {};
  static constexpr char kHex[] = "0123456789ABCDEF";
  const std::string_view text = call[0].string();
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<uint8_t>(text[i]);
    // Half a pair has no bytes.
    if (c == 0xED && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) >= 0xA0) malformed(call, function);
    if (is_alphanumeric(text[i]) || keep.find(text[i]) != keep.npos) {
      out.push_back(text[i]);
    } else {
      out += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return call.evaluation.text(out);
}

Item decode(Call& call, std::string_view keep, std::string_view function) {
  if (!call[0].defined()) return {};
  const std::string_view text = call[0].string();
  std::string out;
  const auto byte_at = [&](size_t i) {
    if (i + 3 > text.size()) malformed(call, function);
    const auto bytes = hex_decode(text.substr(i + 1, 2));
    if (text[i] != '%' || !bytes) malformed(call, function);
    return static_cast<uint8_t>((*bytes)[0]);
  };
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '%') {
      out.push_back(text[i++]);
      continue;
    }
    const uint8_t lead = byte_at(i);
    const size_t length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
    if (length == 0) malformed(call, function);
    std::string bytes(1, static_cast<char>(lead));
    for (size_t k = 1; k < length; ++k) {
      if (i + 3 * k >= text.size()) malformed(call, function);
      bytes.push_back(static_cast<char>(byte_at(i + 3 * k)));
    }
    if (!is_utf8(bytes)) malformed(call, function);
    if (length == 1 && keep.find(bytes[0]) != keep.npos) {
      out += text.substr(i, 3);
    } else {
      out += bytes;
    }
    i += 3 * length;
  }
  return call.evaluation.text(out);
}

Item encode_url_component(Call& call) { return encode(call, kComponent, "encodeUrlComponent"); }
Item encode_url(Call& call) { return encode(call, kWholeUrl, "encodeUrl"); }
Item decode_url_component(Call& call) { return decode(call, "", "decodeUrlComponent"); }
Item decode_url(Call& call) { return decode(call, ";/?:@&=+$,#", "decodeUrl"); }

const Native kStringNatives[] = {
    {"string", "<x-b?:s>", 1, string},
    {"substring", "<s-nn?:s>", 3, substring},
    {"substringBefore", "<s-s:s>", 2, substring_before},
    {"substringAfter", "<s-s:s>", 2, substring_after},
    {"lowercase", "<s-:s>", 1, lowercase},
    {"uppercase", "<s-:s>", 1, uppercase},
    {"length", "<s-:n>", 1, length},
    {"trim", "<s-:s>", 1, trim},
    {"pad", "<s-ns?:s>", 3, pad},
    {"join", "<a<s>s?:s>", 2, join},
    {"base64encode", "<s-:s>", 1, base64encode},
    {"base64decode", "<s-:s>", 1, base64decode},
    {"encodeUrlComponent", "<s-:s>", 1, encode_url_component},
    {"encodeUrl", "<s-:s>", 1, encode_url},
    {"decodeUrlComponent", "<s-:s>", 1, decode_url_component},
    {"decodeUrl", "<s-:s>", 1, decode_url},
};

}  // namespace

std::span<const Native> string_natives() { return kStringNatives; }

}  // namespace jsonata
