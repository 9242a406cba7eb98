/* times.h - how long a server's requests take, by route and class of status, for
 * /metrics.
 *
 * Internal to the HTTP server.  A route is told by its pattern, never by the path
 * of a request, which is a stranger's; what no route takes is `other`. */
#ifndef WSUB_HTTP_TIMES_H
#define WSUB_HTTP_TIMES_H

#include <stddef.h>
#include <stdint.h>

struct wsub_http_times;

/* `server` becomes a label. */
struct wsub_http_times *wsub_http_times_new(const char *server);
/* NULL is fine. */
void wsub_http_times_free(struct wsub_http_times *times);

/* Its routes, once, in the order of their numbers from 1 on; 0 is `other`. */
void wsub_http_times_add(struct wsub_http_times *times, const char *method,
                         const char *pattern);
void wsub_http_times_start(struct wsub_http_times *times);

/* A request to that route had its response after so long.  Nothing when `times` is
 * NULL. */
void wsub_http_times_note(struct wsub_http_times *times, size_t route,
                          int status, uint64_t us);

#endif
