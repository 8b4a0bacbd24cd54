#pragma once
// The name of an object's member: UTF-8, immutable. Up to 15 bytes lie in the name itself, and nearly all names are that short:
// they cost no memory of their own, are compared as two words and copied as such. Of a longer one copies share the text.
#include <atomic>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace json {

namespace detail {
struct StringNode;
}

class Name {
 public:
  Name() = default;
  Name(std::string_view text) {
    if (text.size() <= kInline) [[likely]] {
      pack(text);
    } else {
      share(text);
    }
  }
  Name(const char* text) : Name(std::string_view(text)) {}
  Name(const std::string& text) : Name(std::string_view(text)) {}
  Name(const Name& other) : words_{other.words_[0], other.words_[1]} {
    if (is_shared()) [[unlikely]] acquire();
  }
  Name(Name&& other) noexcept : words_{std::exchange(other.words_[0], 0), std::exchange(other.words_[1], 0)} {}
  Name& operator=(Name other) noexcept {
    std::swap(words_, other.words_);
    return *this;
  }
  ~Name() {
    if (is_shared()) [[unlikely]] release();
  }

  std::string_view view() const {
    if (is_shared()) [[unlikely]] return shared_view();
    return {reinterpret_cast<const char*>(words_), words_[1] >> kSizeShift};
  }
  operator std::string_view() const { return view(); }
  explicit operator std::string() const { return std::string(view()); }
  const char* data() const { return view().data(); }
  size_t size() const { return view().size(); }
  bool empty() const { return words_[1] == 0; }
  bool starts_with(std::string_view prefix) const { return view().starts_with(prefix); }
  bool ends_with(std::string_view suffix) const { return view().ends_with(suffix); }
  std::string_view substr(size_t at, size_t count = std::string_view::npos) const { return view().substr(at, count); }

  friend bool operator==(const Name& a, const Name& b) {
    if (a.words_[0] == b.words_[0] && a.words_[1] == b.words_[1]) return true;
    return a.is_shared() && b.is_shared() && a.view() == b.view();
  }
  friend bool operator==(const Name& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const Name& a, const std::string& b) { return a.view() == b; }
  friend bool operator==(const Name& a, const char* b) { return a.view() == b; }
  friend auto operator<=>(const Name& a, const Name& b) { return a.view() <=> b.view(); }
  friend auto operator<=>(const Name& a, std::string_view b) { return a.view() <=> b; }
  friend auto operator<=>(const Name& a, const std::string& b) { return a.view() <=> std::string_view(b); }
  friend std::string operator+(std::string a, const Name& b) { return std::move(a.append(b.view())); }
  friend std::string operator+(const Name& a, std::string_view b) { return std::string(a.view()).append(b); }
  friend std::string_view format_as(const Name& name) { return name.view(); }

 private:
  static_assert(std::endian::native == std::endian::little, "the size lies behind the text");
  static constexpr size_t kInline = 15;
  static constexpr int kSizeShift = 56;
  static constexpr uint64_t kShared = uint64_t{0xFF} << kSizeShift;

  template <class Word>
  static uint64_t word_at(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  // Without a call, and with zeros behind the text: short pieces are read from both ends, which overlap.
  void pack(std::string_view text) {
    const char* from = text.data();
    const size_t size = text.size();
    uint64_t low = 0, high = 0;
    if (size > 8) {
      low = word_at<uint64_t>(from);
      high = word_at<uint64_t>(from + size - 8) >> (8 * (16 - size));
    } else if (size >= 4) {
      low = word_at<uint32_t>(from) | word_at<uint32_t>(from + size - 4) << (8 * (size - 4));
    } else if (size > 0) {
      low = word_at<uint8_t>(from) | word_at<uint8_t>(from + size / 2) << (8 * (size / 2)) | word_at<uint8_t>(from + size - 1) << (8 * (size - 1));
    }
    words_[0] = low;
    words_[1] = high | uint64_t{size} << kSizeShift;
  }

  bool is_shared() const { return words_[1] == kShared; }
  detail::StringNode* node() const { return reinterpret_cast<detail::StringNode*>(words_[0]); }
  void share(std::string_view text);
  void acquire() const;
  void release();
  std::string_view shared_view() const;

  // The text, zeros, and its size in the last byte; or a node, and kShared.
  uint64_t words_[2] = {0, 0};
};

}  // namespace json
