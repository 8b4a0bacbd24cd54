// Preloaded into the server: its wall clock tells another time than the machine's, and can be set while it runs.
//
//   GANTRY_TEST_CLOCK  a file of 8 bytes: by how many ms it is ahead (little-endian, signed)
//
// The steady clock goes on as it is, as it does where somebody sets the time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* ahead_ms;

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("GANTRY_TEST_CLOCK");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* at = mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, file, 0);
  if (at != MAP_FAILED) ahead_ms = at;
  close(file);
}

static int is_wall(clockid_t id) { return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI; }

static void move(struct timespec* at, int64_t ms) {
  const int64_t ns = at->tv_nsec + ms % 1000 * 1000000;
  at->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns >= 1000000000 ? 1 : 0);
  at->tv_nsec = ns < 0 ? ns + 1000000000 : ns >= 1000000000 ? ns - 1000000000 : ns;
}

int clock_gettime(clockid_t id, struct timespec* at) {
  // The kernel itself: whoever asks may be an allocator (a sanitizer's), and looking up a name allocates.
  const int result = (int)syscall(SYS_clock_gettime, id, at);
  if (result == 0 && ahead_ms && is_wall(id)) move(at, *ahead_ms);
  return result;
}

int gettimeofday(struct timeval* at, void* zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

// Who waits until an instant of the wall clock means the one that it was told.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const struct timespec* until) {
  typedef int (*Wait)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
  static Wait real;
  if (!real) real = (Wait)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  struct timespec machine = *until;
  if (ahead_ms) move(&machine, -*ahead_ms);
  return real(condition, mutex, &machine);
}
