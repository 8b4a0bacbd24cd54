#pragma once
// Where datapoints lie in the store.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/cloudwatch/cloudwatch.h"

namespace cloudwatch {

// Nothing for a text that is no unit.
std::optional<uint8_t> unit_number(std::string_view unit);
std::string datapoint_key(uint64_t metric, int64_t start_seconds, uint8_t unit);

}  // namespace cloudwatch
