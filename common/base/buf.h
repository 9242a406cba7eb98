/* buf.h - a byte string that grows.
 *
 * Plain data, so that it can be embedded; { 0 } is an empty one.  The bytes
 * are always followed by a zero byte once anything was added. */
#ifndef WSUB_BASE_BUF_H
#define WSUB_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define WSUB_U64_DIGITS 20 /* of UINT64_MAX */

struct wsub_buf {
    char *data; /* owned; NULL until the first byte is added */
    size_t len;
    size_t cap;
};

/* Frees the bytes and makes the buffer empty. */
void wsub_buf_done(struct wsub_buf *b);

/* Forgets the bytes and keeps the memory. */
void wsub_buf_clear(struct wsub_buf *b);

/* Makes room for `more` bytes behind those that are there and returns where
 * they go; the caller then adds to `len` what it wrote. */
char *wsub_buf_reserve(struct wsub_buf *b, size_t more);

void wsub_buf_add(struct wsub_buf *b, const void *bytes, size_t len);
void wsub_buf_str(struct wsub_buf *b, const char *s);
void wsub_buf_char(struct wsub_buf *b, char c);
void wsub_buf_u64(struct wsub_buf *b, uint64_t n);

/* What wsub_buf_u64() adds, without a zero behind it; returns how many. */
size_t wsub_buf_digits(uint64_t n, char ret_digits[WSUB_U64_DIGITS]);

__attribute__((format(printf, 2, 3))) void
wsub_buf_printf(struct wsub_buf *b, const char *format, ...);
__attribute__((format(printf, 2, 0))) void
wsub_buf_vprintf(struct wsub_buf *b, const char *format, va_list args);

/* The bytes as a C string, "" when empty; valid until the next change. */
const char *wsub_buf_cstr(const struct wsub_buf *b);

/* Gives the bytes to the caller, who frees them, and makes `b` empty. */
char *wsub_buf_take(struct wsub_buf *b);

#endif
