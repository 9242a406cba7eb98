/* log_sink.h - standard error, without ever waiting for its reader.
 *
 * Standard error may be a pipe that nobody reads, a terminal that was stopped,
 * a socket of a service manager, or a file on a full disk.  What can't be
 * written at once is kept, up to WSUB_LOG_SINK_MAX_BYTES; what is more is
 * dropped, whole lines, and counted.
 *
 * O_NONBLOCK belongs to the open file, which other processes may share, so it
 * is never set on standard error itself:
 *
 *   socket          send() that must not wait
 *   pipe, terminal  opened once more (/proc/self/fd/2), without waiting
 *   else, or where  poll() before each write of at most PIPE_BUF bytes; another
 *   that fails      process that writes in between may still make it wait
 *
 * Internal to the log. */
#ifndef WSUB_BASE_LOG_SINK_H
#define WSUB_BASE_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSUB_LOG_SINK_MAX_BYTES 262144 /* some 2,000 lines */

/* Finds out what standard error is.  Without it poll() is the way. */
void wsub_log_sink_open(void);

/* Writes a line, with its line end, now or later; false: it was dropped. */
bool wsub_log_sink_write(const char *line, size_t len);

/* Writes what waits, as far as that goes. */
void wsub_log_sink_flush(void);

/* How soon that is worth another try, 0 when nothing waits. */
uint32_t wsub_log_sink_wait_ms(void);

/* Whether there is a place again for a line about those that were dropped. */
bool wsub_log_sink_has_place(void);

/* Writes what waits for `max_ms` at most, and closes what was opened. */
void wsub_log_sink_close(uint32_t max_ms);

#endif
