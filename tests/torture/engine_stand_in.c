// Stands where the container engine is, for one server: does what a file tells it, and otherwise becomes the real one.
//
//   ENGINE_REAL  the real program    ENGINE_MODE  a file: "hang", "killed", "silent" or anything else
//
// A program and no script, since the supervisor runs a copy of it in memory.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char mode[16] = "";
  const char* path = getenv("ENGINE_MODE");
  const int file = path ? open(path, O_RDONLY) : -1;
  if (file >= 0 && read(file, mode, sizeof mode - 1) < 0) mode[0] = 0;
  if (file >= 0) close(file);
  // Only where a container is to start: what takes one away is asked for as ever.
  int starts = 0;
  for (int i = 1; i < argc; ++i) starts |= strcmp(argv[i], "run") == 0 || strcmp(argv[i], "create") == 0;
  if (starts && strncmp(mode, "hang", 4) == 0) {
    for (;;) pause();
  }
  if (starts && strncmp(mode, "killed", 6) == 0) kill(getpid(), SIGKILL);
  if (starts && strncmp(mode, "silent", 6) == 0) return 0;
  execv(getenv("ENGINE_REAL"), argv);
  return 127;
}
