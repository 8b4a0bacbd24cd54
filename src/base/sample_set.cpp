#include "base/sample_set.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.h"

namespace {

double rounded(double value, int digits) {
  if (value == 0 || digits >= 17 || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, digits - 1 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

constexpr uint8_t kVersion = 1;

// Whole numbers, which most are, take a byte or two; others their eight bytes.
void put_double(ByteWriter& out, double value) {
  if (std::abs(value) < 1e15 && value == std::floor(value)) {
    out.u8(0);
    out.signed_number(static_cast<int64_t>(value));
  } else {
    out.u8(1);
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) out.u8(static_cast<uint8_t>(bits >> shift));
  }
}

double get_double(ByteReader& in) {
  if (in.u8() == 0) return static_cast<double>(in.signed_number());
  uint64_t bits = 0;
  for (int shift = 0; shift < 64; shift += 8) bits |= static_cast<uint64_t>(in.u8()) << shift;
  return std::bit_cast<double>(bits);
}

}  // namespace

void SampleSet::note(double count, double sum, double least, double greatest) {
  least_ = count_ > 0 ? std::min(least_, least) : least;
  greatest_ = count_ > 0 ? std::max(greatest_, greatest) : greatest;
  count_ += count;
  sum_ += sum;
}

void SampleSet::put(double value, double count) {
  if (!known_) return;
  values_[rounded(value, digits_)] += count;
  while (values_.size() > kValuesMax && known_) {
    if (digits_ == 1) {
      known_ = false;
      values_.clear();
      return;
    }
    digits_ = digits_ > 2 ? 2 : 1;
    std::map<double, double> coarser;
    for (const auto& [v, n] : values_) coarser[rounded(v, digits_)] += n;
    values_ = std::move(coarser);
  }
}

void SampleSet::add(double value, double count) {
  if (count <= 0) return;
  note(count, value * count, value, value);
  put(value, count);
}

void SampleSet::add_statistics(double count, double sum, double least, double greatest) {
  if (count <= 0) return;
  note(count, sum, least, greatest);
  if (least == greatest) return put(least, count);
  known_ = false;
  values_.clear();
}

void SampleSet::set_statistics(double count, double sum, double least, double greatest) {
  count_ = count, sum_ = sum, least_ = least, greatest_ = greatest;
}

void SampleSet::merge(const SampleSet& other) {
  if (other.empty()) return;
  note(other.count_, other.sum_, other.least_, other.greatest_);
  if (!other.known_) known_ = false, values_.clear();
  digits_ = std::min(digits_, other.digits_);
  if (!known_) return;
  for (const auto& [value, count] : other.values_) put(value, count);
}

std::string SampleSet::encode() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  for (const double value : {count_, sum_, least_, greatest_}) put_double(out, value);
  out.u8(known_ ? static_cast<uint8_t>(digits_) : 0);
  out.number(values_.size());
  for (const auto& [value, count] : values_) put_double(out, value), put_double(out, count);
  return bytes;
}

std::optional<SampleSet> SampleSet::decode(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return std::nullopt;
  SampleSet set;
  for (double* value : {&set.count_, &set.sum_, &set.least_, &set.greatest_}) *value = get_double(in);
  const uint8_t digits = in.u8();
  set.known_ = digits > 0;
  set.digits_ = digits > 0 ? digits : 17;
  const uint64_t values = in.number();
  if (values > kValuesMax) return std::nullopt;
  for (uint64_t i = 0; i < values && in.ok(); ++i) {
    const double value = get_double(in);
    set.values_[value] = get_double(in);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return set;
}
