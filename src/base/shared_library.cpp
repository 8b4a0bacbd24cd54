#include "base/shared_library.h"

#include <dlfcn.h>

Status load_library(const char* file, std::initializer_list<LibraryName> names) {
  void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) return fail("Library", std::string("cannot load ") + file + ": " + dlerror());
  for (const LibraryName& one : names) {
    *one.place = dlsym(library, one.name);
    if (!*one.place) return fail("Library", std::string(file) + " has no " + one.name);
  }
  return {};
}
