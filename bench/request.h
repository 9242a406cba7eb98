/* request.h - the little HTTP/1.1 that bench-sink needs to read.
 *
 * Known limit: a request's body has a Content-Length, no chunks. */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_request {
    const char *method, *target, *body; /* borrowed from the input */
    size_t method_len, target_len, body_len;
};

/* Splits the first request off `data`; returns its size, 0 when it is not
 * complete, -1 when it is none. */
ssize_t bench_request_parse(const char *data, size_t len,
                            struct bench_request *ret);

/* Whether it has this method, and a target that begins with `path`. */
bool bench_request_is(const struct bench_request *request, const char *method,
                      const char *path);

/* The value after `name` ("NAME=") in the query, NULL when it is not there;
 * and as a number, `otherwise` when it is not. */
const char *bench_request_field(const struct bench_request *request,
                                const char *name, size_t *ret_len);
uint32_t bench_request_number(const struct bench_request *request,
                              const char *name, uint32_t otherwise);

#endif
