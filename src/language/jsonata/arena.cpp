#include "language/jsonata/arena.h"

#include <algorithm>
#include <cstdlib>

#include "language/jsonata/failure.h"

namespace jsonata {
namespace {
#if defined(__has_feature) && __has_feature(address_sanitizer)
constexpr size_t kSmall = 0, kLarge = 0, kKeptMax = 0;  // a chunk for each block: what is used past its end or too late is to be found
#else
constexpr size_t kSmall = 32u << 10, kLarge = 512u << 10, kKeptMax = 8;
#endif
}  // namespace

struct Arena::Chunk {
  Chunk* next;
  size_t size;  // of what follows
};

// What the thread's last evaluations have left: a small chunk and some large ones.
struct Arena::Kept {
  Chunk* small = nullptr;
  Chunk* large = nullptr;
  size_t count = 0;
  ~Kept() {
    std::free(small);
    while (large) {
      Chunk* next = large->next;
      std::free(large);
      large = next;
    }
  }
};

Arena::Kept& Arena::kept() {
  thread_local Kept chunks;
  return chunks;
}

Arena::~Arena() {
  if (!chunks_) return;
  Kept& kept = Arena::kept();
  while (chunks_) {
    Chunk* chunk = chunks_;
    chunks_ = chunk->next;
    if (chunk->size == kSmall && !kept.small) {
      kept.small = chunk;
    } else if (chunk->size == kLarge && kept.count < kKeptMax) {
      chunk->next = kept.large;
      kept.large = chunk;
      ++kept.count;
    } else {
      std::free(chunk);
    }
  }
}

void* Arena::allocate_chunk(size_t bytes) {
  Kept& kept = Arena::kept();
  const size_t size = std::max(bytes, chunks_ ? kLarge : kSmall);
  if (bytes > left_) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  left_ -= std::min(left_, size);
  Chunk* chunk = nullptr;
  if (size == kSmall && kept.small) {
    chunk = std::exchange(kept.small, nullptr);
  } else if (size == kLarge && kept.large) {
    chunk = std::exchange(kept.large, kept.large->next);
    --kept.count;
  } else {
    chunk = static_cast<Chunk*>(std::malloc(sizeof(Chunk) + size));
    if (!chunk) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
    chunk->size = size;
  }
  chunk->next = chunks_;
  chunks_ = chunk;
  char* start = reinterpret_cast<char*>(chunk + 1);
  // A block of its own leaves the chunk in use to go on, if that has more room.
  if (bytes == size && static_cast<size_t>(end_ - at_) > 0 && size > kLarge) return start;
  at_ = start + bytes;
  end_ = start + size;
  return start;
}

}  // namespace jsonata
