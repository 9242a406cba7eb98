/* pace.h - whether a body that has its share of the budget brings enough.
 *
 * Internal to the HTTP server.  While other bodies wait, one that is read must
 * bring WSUB_HTTP_PACE_BYTES in each WSUB_HTTP_PACE_MS: a client that stalls
 * holds its share no longer than that, and one on a slow line of mobile radio
 * (16 KiB/s) comes through.  Pure: the clock is the caller's. */
#ifndef WSUB_HTTP_PACE_H
#define WSUB_HTTP_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSUB_HTTP_PACE_MS 2000
#define WSUB_HTTP_PACE_BYTES 32768

struct wsub_http_pace {
    uint64_t since_ms;
    size_t bytes; /* that had come by then */
};

/* What comes from now on counts; `bytes` have come before. */
void wsub_http_pace_begin(struct wsub_http_pace *pace, uint64_t now_ms,
                          size_t bytes);

/* When it is to be looked at. */
uint64_t wsub_http_pace_end_ms(const struct wsub_http_pace *pace);

/* Whether enough has come, now that it is `bytes` in all. */
bool wsub_http_pace_is_kept(const struct wsub_http_pace *pace, size_t bytes);

#endif
