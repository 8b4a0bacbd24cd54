#pragma once
// The sample projects (samples/), as they stand in the binary.
#include <optional>
#include <string_view>

namespace samples {

// samples/catalogue.json: what the gallery shows.
std::string_view catalogue();
// A sample's template.json.
std::optional<std::string_view> template_of(std::string_view id);

}  // namespace samples
