#pragma once
// Memory of nodes. Documents come and go by the thousand nodes of a few dozen bytes: what one gives back the next takes,
// without a way through the allocator. Each thread keeps a bounded amount.
#include <cstddef>
#include <new>
#include <utility>

namespace json::detail {

class NodeMemory {
 public:
  static void* allocate(size_t bytes) {
    const size_t kind = kind_of(bytes);
    if (kind >= kKinds) return ::operator new(bytes);
    Kept& kept = kept_[kind];
    if (!kept.first) return ::operator new(bytes_of(kind));
    kept.bytes -= bytes_of(kind);
    return std::exchange(kept.first, kept.first->next);
  }
  static void release(void* memory, size_t bytes) {
    const size_t kind = kind_of(bytes);
    if (kind >= kKinds || !keep_ || kept_[kind].bytes >= kBytesMax) return ::operator delete(memory);
    Kept& kept = kept_[kind];
    if (!kept.first) sweep_at_exit();
    kept.first = new (memory) Free{kept.first};
    kept.bytes += bytes_of(kind);
  }

  static constexpr size_t kBytesKept = 512;  // of a node that is kept

 private:
  struct Free {
    Free* next;
  };
  struct Kept {
    Free* first;
    size_t bytes;
  };

  // The thread that ends gives back what it has kept, and keeps nothing from then on.
  static void sweep_at_exit();

  static constexpr size_t kGrain = 16;
#if defined(__has_feature) && __has_feature(address_sanitizer)
  static constexpr size_t kKinds = 0;  // what is used after its release is to be found
#else
  static constexpr size_t kKinds = kBytesKept / kGrain;
#endif
  static constexpr size_t kBytesMax = 512u << 10;  // of each kind

  static size_t kind_of(size_t bytes) { return (bytes - 1) / kGrain; }
  static size_t bytes_of(size_t kind) { return (kind + 1) * kGrain; }

  // Neither has a constructor or a destructor to run, which every access would have to ask after.
  static inline constinit thread_local Kept kept_[kKinds + 1] = {};
  static inline constinit thread_local bool keep_ = true;
};

}  // namespace json::detail
