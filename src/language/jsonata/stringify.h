#pragma once
// Items as JSON text, as JSON.stringify writes them.
#include <cstddef>
#include <string>

#include "language/jsonata/item.h"

namespace jsonata {

struct Style {
  bool precise = false;  // numbers to 15 digits, as $string gives them; infinities are an error (D1001)
  int indent = 0;
  size_t bytes_max = SIZE_MAX;
};

std::string stringify(Item item, const Style& style);

}  // namespace jsonata
