#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/check.h"

uint64_t Random::below(uint64_t bound) {
  CHECK(bound > 0, "an empty range has no member");
  // Draws from the incomplete last copy of [0, bound) are refused, so that no value is favoured.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t draw;
  do {
    draw = next();
  } while (draw >= limit);
  return draw % bound;
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::uuid() {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t halves[2] = {next(), next()};
  halves[0] = (halves[0] & ~0xF000ULL) | 0x4000ULL;
  halves[1] = (halves[1] & ~(0xC0ULL << 56)) | (0x80ULL << 56);
  char digits[32];
  for (size_t i = 0; i < 16; ++i) {
    digits[i] = kHex[halves[0] >> (60 - 4 * i) & 15];
    digits[16 + i] = kHex[halves[1] >> (60 - 4 * i) & 15];
  }
  std::string out(36, '-');
  size_t from = 0, to = 0;
  for (const size_t length : {8, 4, 4, 4, 12}) {
    std::memcpy(out.data() + to, digits + from, length);
    from += length, to += length + 1;
  }
  return out;
}

std::string Random::text(size_t length, std::string_view alphabet) {
  std::string out(length, ' ');
  for (char& c : out) c = alphabet[below(alphabet.size())];
  return out;
}

uint64_t SystemRandom::next() {
  if (left_ == 0) {
    const ssize_t got = getrandom(pool_, sizeof pool_, 0);
    CHECK(got == static_cast<ssize_t>(sizeof pool_), "the kernel always has randomness");
    left_ = sizeof pool_ / sizeof pool_[0];
  }
  return pool_[--left_];
}

// SplitMix64 (public domain, Sebastiano Vigna).
uint64_t SeededRandom::next() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}
