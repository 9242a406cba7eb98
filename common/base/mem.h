/* mem.h - memory that is there, or the process ends.
 *
 * Every queue and buffer of the programs has a limit, so running out of
 * memory means that the machine is misconfigured.  All state is in Redis and
 * another process takes over, hence ending at once is both the simplest and
 * the safest reaction: none of these returns NULL. */
#ifndef WSUB_BASE_MEM_H
#define WSUB_BASE_MEM_H

#include <stddef.h>

/* Returns `count` * `size` zeroed bytes; the caller frees them with free(). */
void *wsub_calloc(size_t count, size_t size);

/* As realloc(3). */
void *wsub_realloc(void *old, size_t size);

/* As strdup(3); NULL gives NULL. */
char *wsub_strdup(const char *s);

/* Returns a copy of `len` bytes with a zero byte behind them. */
char *wsub_memdup(const void *bytes, size_t len);

/* Ends the process with abort() after one line on standard error.  For bugs
 * and for lost memory, never for input from outside. */
__attribute__((noreturn, format(printf, 1, 2))) void
wsub_panic(const char *format, ...);

#endif
