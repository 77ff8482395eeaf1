// Preloaded into a process: counts the system calls that change a store's files and kills the process at one
// of them. What a kill leaves behind can so be tried at every such call rather than at random.
//
//   KILL_AT_FILES  the absolute path that the names of these files begin with
//   KILL_AT_LOG    a file that gets a line for each call: its name, and bytes and place where it has them
//   KILL_AT        the number of the call, from 1; 0 for none
//   KILL_AT_BYTES  how many bytes of it are written first, as the kernel does when a kill meets a large
//   write: 0 is a
//                  kill before the call, -1 one after it
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static long calls;

static long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

static int is_ours(const char* path) {
  const char* files = getenv("KILL_AT_FILES");
  char whole[PATH_MAX * 2], folder[PATH_MAX];
  if (!files || !path) return 0;
  if (path[0] != '/' && getcwd(folder, sizeof folder)) {
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    path = whole;
  }
  return strncmp(path, files, strlen(files)) == 0;
}

static int is_our_file(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return is_ours(path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Notes a call. How many of its bytes to write before the kill, or -2: not this one, -1: all, and then the
// kill.
static long note(const char* name, long bytes, long place) {
  pthread_mutex_lock(&one_at_a_time);
  const long call = ++calls;
  const int saved = open(getenv("KILL_AT_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char line[128];
  const int size = snprintf(line, sizeof line, "%s %ld %ld\n", name, bytes, place);
  syscall(SYS_write, saved, line, (size_t)size);
  syscall(SYS_close, saved);
  pthread_mutex_unlock(&one_at_a_time);
  if (call != number("KILL_AT")) return -2;
  const long first = number("KILL_AT_BYTES");
  if (first == 0) die();
  return first;
}

// The call `real`, with a kill before or after it where this is the one.
#define KILL_AROUND(is_one, name, bytes, place, real)           \
  const long killed = (is_one) ? note(name, bytes, place) : -2; \
  const __typeof__(real) result = (real);                       \
  if (killed != -2) die();                                      \
  return result

// The same for a write, of which only a part may be made.
#define KILL_WITHIN(name, place, real_of)                                        \
  const long first = is_our_file(file) ? note(name, (long)size, place) : -2;     \
  const size_t part = first >= 0 && (size_t)first < size ? (size_t)first : size; \
  const ssize_t result = real_of(part);                                          \
  if (first != -2) die();                                                        \
  return result

#define WRITE_PART(part) REAL(write)(file, data, part)
#define PWRITE_PART(part) REAL(pwrite)(file, data, part, place)

ssize_t write(int file, const void* data, size_t size) { KILL_WITHIN("write", -1, WRITE_PART); }
ssize_t pwrite(int file, const void* data, size_t size, off_t place) {
  KILL_WITHIN("pwrite", place, PWRITE_PART);
}
ssize_t pwrite64(int file, const void* data, size_t size, off_t place) {
  KILL_WITHIN("pwrite", place, PWRITE_PART);
}
int fsync(int file) { KILL_AROUND(is_our_file(file), "fsync", 0, 0, REAL(fsync)(file)); }
int fdatasync(int file) { KILL_AROUND(is_our_file(file), "fdatasync", 0, 0, REAL(fdatasync)(file)); }
int ftruncate(int file, off_t size) {
  KILL_AROUND(is_our_file(file), "ftruncate", size, 0, REAL(ftruncate)(file, size));
}
int ftruncate64(int file, off_t size) {
  KILL_AROUND(is_our_file(file), "ftruncate", size, 0, REAL(ftruncate)(file, size));
}
int fallocate(int file, int mode, off_t place, off_t size) {
  KILL_AROUND(is_our_file(file), "fallocate", size, place, REAL(fallocate)(file, mode, place, size));
}
int fallocate64(int file, int mode, off_t place, off_t size) {
  KILL_AROUND(is_our_file(file), "fallocate", size, place, REAL(fallocate)(file, mode, place, size));
}
ssize_t copy_file_range(int from, off_t* from_place, int to, off_t* to_place, size_t size, unsigned flags) {
  KILL_AROUND(is_our_file(to), "copy_file_range", (long)size, 0,
              REAL(copy_file_range)(from, from_place, to, to_place, size, flags));
}
int unlink(const char* path) { KILL_AROUND(is_ours(path), "unlink", 0, 0, REAL(unlink)(path)); }
int remove(const char* path) { KILL_AROUND(is_ours(path), "remove", 0, 0, REAL(remove)(path)); }
int rename(const char* from, const char* to) {
  KILL_AROUND(is_ours(from) || is_ours(to), "rename", 0, 0, REAL(rename)(from, to));
}
int link(const char* from, const char* to) {
  KILL_AROUND(is_ours(from) || is_ours(to), "link", 0, 0, REAL(link)(from, to));
}
int chmod(const char* path, mode_t mode) {
  KILL_AROUND(is_ours(path), "chmod", 0, 0, REAL(chmod)(path, mode));
}

// Only openings that make or empty a file change something.
static int opening(int folder, const char* path, int flags, mode_t mode) {
  KILL_AROUND((flags & (O_CREAT | O_TRUNC)) && is_ours(path), "open", 0, 0,
              (int)syscall(SYS_openat, folder, path, flags, mode));
}
#define OPENING(folder)                \
  mode_t mode = 0;                     \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list more;                      \
    va_start(more, flags);             \
    mode = va_arg(more, mode_t);       \
    va_end(more);                      \
  }                                    \
  return opening(folder, path, flags, mode)
int open(const char* path, int flags, ...) { OPENING(AT_FDCWD); }
int open64(const char* path, int flags, ...) { OPENING(AT_FDCWD); }
int openat(int folder, const char* path, int flags, ...) { OPENING(folder); }
int openat64(int folder, const char* path, int flags, ...) { OPENING(folder); }
