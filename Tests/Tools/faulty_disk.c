/* A disk that refuses: preloaded into the daemon, it makes writes to the shop's database fail while a control file is there.
 *
 *   clang -shared -fPIC -O2 -o faulty_disk.so faulty_disk.c
 *   FAULTY_DISK=/path/of/control LD_PRELOAD=faulty_disk.so pushcart serve …
 *
 * The control file says what happens and how often: "ENOSPC 100" (the disk is full), "EIO 30" (it breaks), "EROFS 100" (it became read-only),
 * "SHORT 50" (half of the bytes are written, then it is full); the number is the share of calls that fail, in per cent. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static _Thread_local unsigned int state;

/* The errno to fail with; 0 for none, -1 for a short write. */
static int trouble(int fd) {
    const char *control = getenv("FAULTY_DISK");
    if (!control || access(control, F_OK) != 0) return 0;
    char link[64], path[4096], words[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (!strstr(path, "shop.sqlite")) return 0;
    int file = open(control, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    length = read(file, words, sizeof words - 1);
    close(file);
    if (length <= 0) return 0;
    words[length] = 0;
    char kind[16];
    int share = 100;
    if (sscanf(words, "%15s %d", kind, &share) < 1) return 0;
    if (!state) state = (unsigned int)getpid() ^ (unsigned int)(size_t)&state;
    if (rand_r(&state) % 100 >= share) return 0;
    if (!strcmp(kind, "ENOSPC")) return ENOSPC;
    if (!strcmp(kind, "EIO")) return EIO;
    if (!strcmp(kind, "EROFS")) return EROFS;
    return !strcmp(kind, "SHORT") ? -1 : 0;
}

#define REAL(name, type) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*pwrite_type)(int, const void *, size_t, off64_t);
typedef int (*sync_type)(int);
typedef int (*truncate_type)(int, off64_t);

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    REAL("pwrite64", pwrite_type);
    int error = trouble(fd);
    if (error > 0) { errno = error; return -1; }
    if (error < 0 && count > 1) return real(fd, bytes, count / 2, offset);
    return real(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }

int fdatasync(int fd) {
    REAL("fdatasync", sync_type);
    int error = trouble(fd);
    if (error > 0) { errno = error == ENOSPC ? EIO : error; return -1; }
    return real(fd);
}

int fsync(int fd) {
    REAL("fsync", sync_type);
    int error = trouble(fd);
    if (error > 0) { errno = error == ENOSPC ? EIO : error; return -1; }
    return real(fd);
}

int ftruncate64(int fd, off64_t length) {
    REAL("ftruncate64", truncate_type);
    int error = trouble(fd);
    if (error > 0) { errno = error; return -1; }
    return real(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
