#pragma once
// The memory of one evaluation: handed out by moving a pointer, given back all at once.
//
// Nothing in it has a destructor. What is handed out counts against the evaluation's limit; past it the evaluation
// ends with U1001. Chunks are kept by the thread for its next evaluation.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace jsonata {

class Arena {
 public:
  explicit Arena(size_t bytes_max) : left_(bytes_max) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes > static_cast<size_t>(end_ - at_)) return allocate_chunk(bytes);
    char* out = at_;
    at_ += bytes;
    return out;
  }
  // Makes the last thing handed out larger, if it is that and there is room.
  bool extend(void* block, size_t bytes, size_t wanted) {
    bytes = (bytes + 7) & ~size_t{7};
    wanted = (wanted + 7) & ~size_t{7};
    if (static_cast<char*>(block) + bytes != at_ || wanted - bytes > static_cast<size_t>(end_ - at_)) return false;
    at_ += wanted - bytes;
    return true;
  }
  template <typename T, typename... A>
  T* make(A&&... arguments) {
    return new (allocate(sizeof(T))) T{std::forward<A>(arguments)...};
  }
  template <typename T>
  T* make_array(size_t count) {
    return static_cast<T*>(allocate(sizeof(T) * count));
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* out = static_cast<char*>(allocate(text.size()));
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

 private:
  struct Chunk;
  struct Kept;
  void* allocate_chunk(size_t bytes);
  static Kept& kept();

  char* at_ = nullptr;
  char* end_ = nullptr;
  Chunk* chunks_ = nullptr;
  size_t left_;
};

}  // namespace jsonata
