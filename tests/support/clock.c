/* clock.c - a clock that a test sets, for a program that it starts.
 *
 * Preloaded (LD_PRELOAD) before redis-server: the time of day is so many seconds
 * ahead as the file $TEST_CLOCK says, a long; the file may change at any time.
 * The monotonic clock stays true.  Debian's libfaketime does not get on with
 * jemalloc, which redis-server has. */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long *ahead_s; /* NULL: the true time */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TEST_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *file;

    if (fd < 0)
        return;
    file = mmap(NULL, sizeof(*ahead_s), PROT_READ, MAP_SHARED, fd, 0);
    if (file != MAP_FAILED)
        ahead_s = file;
    close(fd);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);

    if (ahead_s != NULL &&
        (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead_s;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *ret_now)
{
    struct timespec precise;

    clock_gettime(CLOCK_REALTIME, &precise);
    if (ret_now != NULL)
        *ret_now = precise.tv_sec;
    return precise.tv_sec;
}
