/* stamp.h - what the body of every event of a benchmark begins with.
 *
 * "TTTTTTTTTTTTTTTTTTTT EEEEEEEEEE ": when it was published, in nanoseconds of
 * CLOCK_MONOTONIC, and its number within the run.  The width is fixed, so that
 * the sink reads it at once; the clock is the machine's, so that publisher and
 * sink must run on the same one. */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_STAMP_BYTES 32

uint64_t bench_now_ns(void);

/* CPU time of this process so far, in seconds. */
double bench_cpu_s(void);

/* Fills `body` (`len` bytes, at least BENCH_STAMP_BYTES) with an event. */
void bench_stamp_fill(char *body, size_t len, uint64_t published_ns,
                      uint32_t event);

/* Reads a stamp; false when there is none. */
bool bench_stamp_read(const char *body, size_t len, uint64_t *ret_published_ns,
                      uint32_t *ret_event);

/* An option's number from 0 to `max`; ends the program with a sentence when
 * `text` is none. */
unsigned long bench_number(const char *option, const char *text,
                           unsigned long max);

#endif
