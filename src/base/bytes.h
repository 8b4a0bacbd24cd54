#pragma once
// Numbers and texts as compact bytes, for what is kept on disk: variable-length integers (7 bits a byte,
// least first), texts behind their length. A reader that meets a damaged or short input says so once, at
// the end, through ok().
#include <cstdint>
#include <string>
#include <string_view>

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void number(uint64_t value) {
    while (value >= 0x80) out_.push_back(static_cast<char>(value | 0x80)), value >>= 7;
    out_.push_back(static_cast<char>(value));
  }
  // Small negative numbers stay small.
  void signed_number(int64_t value) { number(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63)); }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  uint8_t u8() {
    if (in_.empty()) return fault(), uint8_t{0};
    const auto value = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = u8();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return fault(), uint64_t{0};
  }
  int64_t signed_number() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  std::string_view text() {
    const uint64_t size = number();
    if (size > in_.size()) return fault(), std::string_view();
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  std::string_view rest() const { return in_; }
  bool at_end() const { return in_.empty(); }
  bool ok() const { return ok_; }

 private:
  void fault() {
    ok_ = false;
    in_ = {};
  }

  std::string_view in_;
  bool ok_ = true;
};
