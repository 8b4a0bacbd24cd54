#include "language/json/name.h"

#include "language/json/nodes.h"

namespace json {
using detail::StringNode;

void Name::share(std::string_view text) {
  words_[0] = reinterpret_cast<uint64_t>(StringNode::create(text));
  words_[1] = kShared;
}

void Name::acquire() const { node()->references.fetch_add(1, std::memory_order_relaxed); }

void Name::release() {
  if (node()->references.fetch_sub(1, std::memory_order_acq_rel) == 1) StringNode::destroy(node());
}

std::string_view Name::shared_view() const { return node()->view(); }

}  // namespace json
