#include "base/random.h"

#include <sys/random.h>

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
  std::string out(36, '-');
  size_t digit = 0;
  for (size_t at = 0; at < out.size(); ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) continue;
    out[at] = kHex[halves[digit / 16] >> (15 - digit % 16) * 4 & 15];
    ++digit;
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
