#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define BUF_MIN_CAP 64 /* most strings here are URLs and log lines */

void wsub_buf_done(struct wsub_buf *b)
{
    free(b->data);
    *b = (struct wsub_buf){0};
}

void wsub_buf_clear(struct wsub_buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *wsub_buf_reserve(struct wsub_buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    size_t cap = b->cap ? b->cap : BUF_MIN_CAP;

    if (need > b->cap) {
        while (cap < need)
            cap *= 2;
        b->data = wsub_realloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void wsub_buf_add(struct wsub_buf *b, const void *bytes, size_t len)
{
    char *end = wsub_buf_reserve(b, len);

    if (len > 0)
        memcpy(end, bytes, len);
    end[len] = '\0';
    b->len += len;
}

void wsub_buf_str(struct wsub_buf *b, const char *s)
{
    wsub_buf_add(b, s, strlen(s));
}

void wsub_buf_char(struct wsub_buf *b, char c)
{
    wsub_buf_add(b, &c, 1);
}

size_t wsub_buf_digits(uint64_t n, char ret_digits[WSUB_U64_DIGITS])
{
    char digits[WSUB_U64_DIGITS];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    memcpy(ret_digits, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

void wsub_buf_u64(struct wsub_buf *b, uint64_t n)
{
    char digits[WSUB_U64_DIGITS];

    wsub_buf_add(b, digits, wsub_buf_digits(n, digits));
}

void wsub_buf_vprintf(struct wsub_buf *b, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        wsub_panic("bad format string");
    vsnprintf(wsub_buf_reserve(b, (size_t)len), (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

void wsub_buf_printf(struct wsub_buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    wsub_buf_vprintf(b, format, args);
    va_end(args);
}

const char *wsub_buf_cstr(const struct wsub_buf *b)
{
    return b->data == NULL ? "" : b->data;
}

char *wsub_buf_take(struct wsub_buf *b)
{
    char *data = b->data == NULL ? wsub_strdup("") : b->data;

    *b = (struct wsub_buf){0};
    return data;
}
