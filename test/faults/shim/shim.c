/*
 * Preloaded into a process under test (LD_PRELOAD): lets system calls on files below RIVULET_SHIM_ROOT fail, moves the clock, and keeps
 * what a power failure would leave: with every sync that succeeds it stores what that sync has made durable, the bytes of a file or the
 * names in a folder. shim.ts compiles it, writes the control block and reads the journal.
 *
 * Control block (RIVULET_SHIM_CONTROL, 32 bytes, shared memory): int32 errno of writes, int32 errno of syncs, int32 how many operations
 * are left to succeed before that, int32 unused, int64 milliseconds added to the wall clock.
 * Journal (RIVULET_SHIM_JOURNAL, a folder): "log" with a line per event, and one file per event with the bytes or names.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control { volatile int32_t write_errno, sync_errno, left, unused; volatile int64_t clock_ms; };
static struct control *control;
static const char *root, *journal;
static int events;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("RIVULET_SHIM_CONTROL");
  root = getenv("RIVULET_SHIM_ROOT");
  journal = getenv("RIVULET_SHIM_JOURNAL");
  if (!path) return;
  int fd = open(path, O_RDWR);
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) control = at;
}
/* Is it a file of ours? Gives its path. */
static int ours(int fd, char *path) {
  if (!root) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, 4095);
  if (n < 0) return 0;
  path[n] = 0;
  return strncmp(path, root, strlen(root)) == 0;
}
static int fails(int fd, int32_t wanted) {
  char path[4096];
  if (!control || wanted == 0 || !ours(fd, path)) return 0;
  if (control->left > 0) { control->left--; return 0; }
  errno = wanted;
  return 1;
}

ssize_t write(int fd, const void *b, size_t n) { REAL(ssize_t, "write", int, const void *, size_t); return control && fails(fd, control->write_errno) ? -1 : real(fd, b, n); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t); return control && fails(fd, control->write_errno) ? -1 : real(fd, b, n, o); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, "pwrite", int, const void *, size_t, off_t); return control && fails(fd, control->write_errno) ? -1 : real(fd, b, n, o); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(ssize_t, "writev", int, const struct iovec *, int); return control && fails(fd, control->write_errno) ? -1 : real(fd, v, n); }
int fflush_unlocked(FILE *f) { REAL(int, "fflush_unlocked", FILE *); return f && control && fails(fileno(f), control->write_errno) ? EOF : real(f); }
int fflush(FILE *f) { REAL(int, "fflush", FILE *); return f && control && fails(fileno(f), control->write_errno) ? EOF : real(f); }

static void note(const char *kind, const char *path, unsigned long inode, const char *content, size_t length) {
  char name[4200];
  int event = ++events;
  if (content) {
    snprintf(name, sizeof name, "%s/%d", journal, event);
    int to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to >= 0) { REAL(ssize_t, "write", int, const void *, size_t); while (length > 0) { ssize_t n = real(to, content, length); if (n <= 0) break; content += n; length -= n; } close(to); }
  }
  snprintf(name, sizeof name, "%s/log", journal);
  FILE *log = fopen(name, "a");
  if (log) { fprintf(log, "%d\t%s\t%lu\t%s\n", event, kind, inode, path); fclose(log); }
}
/* After a sync that succeeded, before its caller knows. */
static void synced(int fd) {
  char path[4096];
  struct stat s;
  if (!journal || !ours(fd, path) || fstat(fd, &s) != 0) return;
  if (S_ISDIR(s.st_mode)) {
    char *names = calloc(1, 1 << 20);
    size_t used = 0;
    DIR *folder = opendir(path);
    for (struct dirent *e; folder && (e = readdir(folder));) {
      struct stat t;
      char child[8200];
      snprintf(child, sizeof child, "%s/%s", path, e->d_name);
      if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || lstat(child, &t) != 0) continue;
      used += snprintf(names + used, (1 << 20) - used, "%lu\t%c\t%s\n", (unsigned long)t.st_ino, S_ISDIR(t.st_mode) ? 'd' : 'f', e->d_name);
    }
    if (folder) closedir(folder);
    note("folder", path, s.st_ino, names, used);
    free(names);
    return;
  }
  char *bytes = malloc(s.st_size + 1);
  int from = open(path, O_RDONLY);
  ssize_t n = from < 0 ? 0 : pread(from, bytes, s.st_size, 0);
  if (from >= 0) close(from);
  note("file", path, s.st_ino, bytes, n < 0 ? 0 : n);
  free(bytes);
}
static int sync_by(int (*real)(int), int fd) {
  if (control && fails(fd, control->sync_errno)) return -1;
  pthread_mutex_lock(&lock);
  int result = real(fd);
  if (result == 0) synced(fd);
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { REAL(int, "fsync", int); return sync_by(real, fd); }
int fdatasync(int fd) { REAL(int, "fdatasync", int); return sync_by(real, fd); }
/* The process under test says that something has been promised, by looking for a file of this name. */
int access(const char *path, int mode) {
  REAL(int, "access", const char *, int);
  if (journal && strncmp(path, "/promised/", 10) == 0) { pthread_mutex_lock(&lock); note("promised", path + 10, 0, NULL, 0); pthread_mutex_unlock(&lock); }
  return real(path, mode);
}

int clock_gettime(clockid_t id, struct timespec *t) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  int result = real(id, t);
  if (control && control->clock_ms != 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += control->clock_ms / 1000;
  return result;
}
int gettimeofday(struct timeval *t, void *zone) {
  REAL(int, "gettimeofday", struct timeval *, void *);
  int result = real(t, zone);
  if (control && control->clock_ms != 0) t->tv_sec += control->clock_ms / 1000;
  return result;
}
time_t time(time_t *t) {
  REAL(time_t, "time", time_t *);
  time_t now = real(NULL) + (control ? control->clock_ms / 1000 : 0);
  if (t) *t = now;
  return now;
}
