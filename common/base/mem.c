#include "common/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void wsub_panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("panic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
