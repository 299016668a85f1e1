/* An honest disk: each flush takes 2 ms more. Loaded into a program before its own libraries. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int after(const char *name, int file) {
    static const struct timespec more = {0, 2000000};
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&more, 0);
    return flush(file);
}

int fsync(int file) { return after("fsync", file); }
int fdatasync(int file) { return after("fdatasync", file); }
