#pragma once
// Compressed request bodies (Content-Encoding: gzip).
#include <string>
#include <string_view>

#include "base/result.h"

namespace codec {

// What a gzip stream holds. Fails with SerializationException when it is none, and with
// RequestEntityTooLargeException (413) when it holds more than `bytes_max`.
Result<std::string> gunzip(std::string_view compressed, size_t bytes_max);

}  // namespace codec
