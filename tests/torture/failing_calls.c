// Preloaded into the server: the n-th call that writes to its data directory fails, and some behind it.
//
//   TORTURE_FOLDER  the data directory    TORTURE_NTH, TORTURE_COUNT  which calls    TORTURE_HOW  eio, enospc or short
//   TORTURE_HANG    a file: while it is there every such call hangs
//   TORTURE_CALLS   a file that says how many such calls there were
//
// A sync that fails takes with it what was written since the last one, as a real disk may: those bytes become zeros.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { kFiles = 4096, kRanges = 256 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long calls = 0, nth = -1, count = 0;
static volatile long* told = NULL;  // the file of TORTURE_CALLS
static char how = 'e';
static char folder[PATH_MAX];
static struct { off_t at; size_t size; } unsynced[kFiles][kRanges];
static int unsynced_count[kFiles];

static void begin(void) {
  static int begun = 0;
  if (begun) return;
  begun = 1;
  const char* where = getenv("TORTURE_FOLDER");
  const char* n = getenv("TORTURE_NTH");
  const char* many = getenv("TORTURE_COUNT");
  const char* kind = getenv("TORTURE_HOW");
  if (where) snprintf(folder, sizeof folder, "%s", where);
  const char* counted = getenv("TORTURE_CALLS");
  const int file = counted ? open(counted, O_RDWR) : -1;
  if (file >= 0) {
    void* page = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) told = page;
    close(file);
  }
  if (!where || !n) return;
  nth = atol(n);
  count = many ? atol(many) : 1;
  how = !kind || kind[0] == 'e' ? (kind && kind[1] == 'n' ? 'n' : 'e') : 's';
}

static int is_ours(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  const size_t length = strlen(folder);
  // The tables' diary may say what it likes.
  return length > 0 && strncmp(path, folder, length) == 0 && !strstr(path, "/LOG");
}

static void hang(int fd) {
  const char* file = getenv("TORTURE_HANG");
  if (!file || access(file, F_OK) != 0 || !is_ours(fd)) return;
  while (access(file, F_OK) == 0) usleep(10000);
}

// Whether this call is one of those that fail.
static int fails(int fd) {
  begin();
  hang(fd);
  if ((nth < 0 && !told) || !is_ours(fd)) return 0;
  pthread_mutex_lock(&mutex);
  const long at = ++calls;
  if (told) *told = at;
  pthread_mutex_unlock(&mutex);
  return nth > 0 && at >= nth && at < nth + count;
}

static void wrote(int fd, off_t at, ssize_t size) {
  if (size <= 0 || fd < 0 || fd >= kFiles || nth < 0) return;
  pthread_mutex_lock(&mutex);
  int* n = &unsynced_count[fd];
  if (*n < kRanges) unsynced[fd][*n].at = at, unsynced[fd][(*n)++].size = (size_t)size;
  pthread_mutex_unlock(&mutex);
}

// A file is filled with zeros before it is used, by hundreds of calls that are all alike: one in 32 counts.
static int is_filling(int fd, const char* bytes, size_t size) {
  static unsigned filled[kFiles];
  if (fd < 0 || fd >= kFiles) return 0;
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != 0) return filled[fd] = 0;
  }
  return filled[fd]++ % 32 != 0;
}

typedef ssize_t (*PWrite)(int, const void*, size_t, off_t);
typedef ssize_t (*Write)(int, const void*, size_t);
typedef int (*Sync)(int);

static ssize_t do_pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static PWrite real;
  if (!real) real = (PWrite)dlsym(RTLD_NEXT, "pwrite");
  if (!is_filling(fd, bytes, size) && fails(fd)) {
    if (how == 's' && size > 1) return real(fd, bytes, size / 2, at);
    errno = how == 'n' ? ENOSPC : EIO;
    return -1;
  }
  const ssize_t done = real(fd, bytes, size, at);
  wrote(fd, at, done);
  return done;
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return do_pwrite(fd, bytes, size, at); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) { return do_pwrite(fd, bytes, size, at); }

ssize_t write(int fd, const void* bytes, size_t size) {
  static Write real;
  if (!real) real = (Write)dlsym(RTLD_NEXT, "write");
  if (fails(fd)) {
    if (how == 's' && size > 1) return real(fd, bytes, size / 2);
    errno = how == 'n' ? ENOSPC : EIO;
    return -1;
  }
  return real(fd, bytes, size);
}

static int do_sync(int fd, const char* name) {
  Sync real = (Sync)dlsym(RTLD_NEXT, name);
  if (fails(fd)) {
    PWrite write_real = (PWrite)dlsym(RTLD_NEXT, "pwrite");
    static const char zeros[4096];
    pthread_mutex_lock(&mutex);
    for (int i = 0; fd < kFiles && i < unsynced_count[fd]; ++i) {
      for (size_t done = 0; done < unsynced[fd][i].size; done += sizeof zeros) {
        const size_t left = unsynced[fd][i].size - done;
        if (write_real(fd, zeros, left < sizeof zeros ? left : sizeof zeros, unsynced[fd][i].at + (off_t)done) < 0) break;
      }
    }
    if (fd < kFiles) unsynced_count[fd] = 0;
    pthread_mutex_unlock(&mutex);
    errno = how == 'n' ? ENOSPC : EIO;
    return -1;
  }
  const int result = real(fd);
  if (result == 0 && fd >= 0 && fd < kFiles) {
    pthread_mutex_lock(&mutex);
    unsynced_count[fd] = 0;
    pthread_mutex_unlock(&mutex);
  }
  return result;
}
int fsync(int fd) { return do_sync(fd, "fsync"); }
int fdatasync(int fd) { return do_sync(fd, "fdatasync"); }
