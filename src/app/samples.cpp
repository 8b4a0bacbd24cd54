#include "app/samples.h"

extern "C" {
struct EmbeddedSample {
  const char *id_begin, *id_end, *begin, *end;
};
extern const char gantry_catalogue_begin[], gantry_catalogue_end[];
extern const EmbeddedSample gantry_samples_begin[], gantry_samples_end[];
}

namespace samples {

std::string_view catalogue() { return {gantry_catalogue_begin, gantry_catalogue_end}; }

std::optional<std::string_view> template_of(std::string_view id) {
  for (const EmbeddedSample* sample = gantry_samples_begin; sample != gantry_samples_end; ++sample) {
    if (std::string_view(sample->id_begin, sample->id_end) == id) return std::string_view(sample->begin, sample->end);
  }
  return std::nullopt;
}

}  // namespace samples
