#include "common/base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"

#define FULL_WAIT_MS 20    /* a reader is slow: a pipe holds 64 KiB */
#define FAILED_WAIT_MS 500 /* a full disk, or nobody reads at all */

static struct {
    int fd; /* STDERR_FILENO, or one of our own */
    bool is_socket;
    bool never_waits; /* `fd` was opened so */
    struct wsub_buf waiting;
    bool failed; /* the last write, by more than a full pipe */
} sink = {.fd = STDERR_FILENO};

void wsub_log_sink_open(void)
{
    struct stat info;
    int fd;

    if (fstat(STDERR_FILENO, &info) != 0)
        return;
    sink.is_socket = S_ISSOCK(info.st_mode);
    if (!S_ISFIFO(info.st_mode) && !isatty(STDERR_FILENO))
        return;
    fd = open("/proc/self/fd/2",
              O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    sink.fd = fd;
    sink.never_waits = true;
}

/* Whether a write of at most PIPE_BUF bytes would not wait. */
static bool is_ready(int max_ms)
{
    struct pollfd standard_error = {.fd = sink.fd, .events = POLLOUT};

    return poll(&standard_error, 1, max_ms) == 1;
}

/* As many whole lines as a pipe takes in one piece, so that the lines of
 * several processes don't mix. */
static size_t piece(const char *data, size_t len)
{
    const char *end;

    if (len <= PIPE_BUF)
        return len;
    end = memrchr(data, '\n', PIPE_BUF);
    return end != NULL ? (size_t)(end - data) + 1 : PIPE_BUF;
}

static ssize_t write_piece(const char *data, size_t len)
{
    if (sink.is_socket)
        return send(sink.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sink.never_waits || is_ready(0))
        return write(sink.fd, data, len);
    errno = EAGAIN;
    return -1;
}

/* Returns how much was written. */
static size_t write_some(const char *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t written =
            write_piece(data + done, piece(data + done, len - done));

        if (written < 0 && errno == EINTR)
            continue;
        sink.failed = written < 0 && errno != EAGAIN;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    return done;
}

void wsub_log_sink_flush(void)
{
    struct wsub_buf *waiting = &sink.waiting;
    size_t done = write_some(waiting->data, waiting->len);

    if (done == 0)
        return;
    waiting->len -= done;
    memmove(waiting->data, waiting->data + done, waiting->len);
    if (waiting->len == 0)
        wsub_buf_done(waiting);
}

bool wsub_log_sink_write(const char *line, size_t len)
{
    size_t done = 0;

    if (sink.waiting.len > 0)
        wsub_log_sink_flush();
    if (sink.waiting.len == 0)
        done = write_some(line, len);
    if (sink.waiting.len + len - done > WSUB_LOG_SINK_MAX_BYTES)
        return false;
    if (done < len)
        wsub_buf_add(&sink.waiting, line + done, len - done);
    return true;
}

uint32_t wsub_log_sink_wait_ms(void)
{
    if (sink.waiting.len == 0)
        return 0;
    return sink.failed ? FAILED_WAIT_MS : FULL_WAIT_MS;
}

bool wsub_log_sink_has_place(void)
{
    return sink.waiting.len < WSUB_LOG_SINK_MAX_BYTES / 2;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void wsub_log_sink_close(uint32_t max_ms)
{
    uint64_t end_ms = now_ms() + max_ms, at_ms;

    wsub_log_sink_flush();
    while (sink.waiting.len > 0 && !sink.failed &&
           (at_ms = now_ms()) < end_ms && is_ready((int)(end_ms - at_ms)))
        wsub_log_sink_flush();
    wsub_buf_done(&sink.waiting);
    if (sink.fd != STDERR_FILENO)
        close(sink.fd);
    sink.fd = STDERR_FILENO;
    sink.never_waits = false;
}
