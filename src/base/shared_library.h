#pragma once
// A library of the system's that is loaded when it is first needed: most runs need none of these, and each that is
// linked costs start-up time and memory, its own libraries included.
//
// Names are bound to variables of the same name in the user's namespace, so that its code reads as if it were linked:
//
//   decltype(&::curl_easy_init) curl_easy_init;
//   const Status loaded = load_library("libcurl.so.4", {BIND(curl_easy_init)});
#include <initializer_list>

#include "base/result.h"

struct LibraryName {
  const char* name;
  void** place;
};
#define BIND(function) LibraryName{#function, reinterpret_cast<void**>(&function)}

// Loads it for as long as the program runs and binds every name, or tells why not.
Status load_library(const char* file, std::initializer_list<LibraryName> names);
