#include "common/base/mem.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PANIC_WAIT_MS 200

void *wsub_calloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (p == NULL)
        wsub_panic("out of memory (%zu x %zu bytes)", count, size);
    return p;
}

void *wsub_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);

    if (p == NULL)
        wsub_panic("out of memory (%zu bytes)", size);
    return p;
}

char *wsub_strdup(const char *s)
{
    return s == NULL ? NULL : wsub_memdup(s, strlen(s));
}

char *wsub_memdup(const void *bytes, size_t len)
{
    char *p = wsub_calloc(len + 1, 1);

    if (len > 0)
        memcpy(p, bytes, len);
    return p;
}

/* The reader of standard error may have stopped: that must not keep the program
 * from ending. */
void wsub_panic(const char *format, ...)
{
    struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};
    char text[512] = "panic: ";
    size_t len = strlen(text);
    ssize_t written;
    va_list args;

    va_start(args, format);
    vsnprintf(text + len, sizeof(text) - len - 1, format, args);
    va_end(args);
    len = strlen(text);
    text[len++] = '\n';
    if (poll(&standard_error, 1, PANIC_WAIT_MS) == 1) {
        written = write(STDERR_FILENO, text, len);
        (void)written; /* there is nowhere left to report it */
    }
    abort();
}
