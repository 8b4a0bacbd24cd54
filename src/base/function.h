#pragma once
// Function<R(Args...)> owns a callable and may be moved but not copied: what a callback is.
#include <functional>

template <typename Signature>
using Function = std::move_only_function<Signature>;
