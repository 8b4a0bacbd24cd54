#include "app/footprint.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace app {

void let_go_of_start_up() {
  dl_iterate_phdr(
      [](dl_phdr_info* object, size_t, void*) {
        const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const auto& part = object->dlpi_phdr[i];
          // What can be written, or could while it was relocated, holds what no file has.
          if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
          const uintptr_t begin = (object->dlpi_addr + part.p_vaddr + page - 1) & ~(page - 1);
          const uintptr_t end = (object->dlpi_addr + part.p_vaddr + part.p_filesz) & ~(page - 1);
          if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
        }
        return 0;
      },
      nullptr);
}

}  // namespace app
