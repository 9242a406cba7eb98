/* h2.h - the side of a server of one HTTP/2 connection (nghttp2).
 *
 * Every POST is handed over whole and answered 204 at once; nothing else is
 * asked of bench-sink by HTTP/2. */
#ifndef BENCH_H2_H
#define BENCH_H2_H

#include <stdbool.h>
#include <stddef.h>

struct bench_h2;
struct wsub_buf;

typedef void (*bench_h2_post)(const char *path, size_t path_len,
                              const char *body, size_t body_len, void *arg);

struct bench_h2 *bench_h2_new(bench_h2_post on_post, void *arg);
void bench_h2_free(struct bench_h2 *h2);

/* Takes what was read, and appends to `out` what is to be written; false when
 * the connection is of no use any more. */
bool bench_h2_feed(struct bench_h2 *h2, const char *data, size_t len,
                   struct wsub_buf *out);

#endif
