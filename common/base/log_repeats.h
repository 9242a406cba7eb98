/* log_repeats.h - which lines are repetitions, and how many were left out.
 *
 * Lines that say the same have the same key.  Of those the first
 * WSUB_LOG_REPEATS_BURST in WSUB_LOG_REPEATS_MS are written; when that time is
 * over the last one that was left out is given back, with how many there were.
 * A table of fixed size: a key may lose its place to another one, and then
 * begins anew.  Pure: the caller passes the time.
 *
 * Internal to the log. */
#ifndef WSUB_BASE_LOG_REPEATS_H
#define WSUB_BASE_LOG_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSUB_LOG_REPEATS_BURST 5
#define WSUB_LOG_REPEATS_MS 10000

/* Gets the last line that was left out, and how many were. */
typedef void wsub_log_repeats_cb(const char *line, size_t len, uint64_t count);

/* Whether a line is to be written.  One that is left out is copied. */
bool wsub_log_repeats_pass(uint64_t key, uint64_t now_ms, const char *line,
                           size_t len, wsub_log_repeats_cb *on_over);

/* Gives back the lines whose time is over; of all keys when `all`.  Returns
 * whether there are others. */
bool wsub_log_repeats_look(uint64_t now_ms, bool all,
                           wsub_log_repeats_cb *on_over);

#endif
