#include "bench/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define TIME_DIGITS 20
#define EVENT_DIGITS 10

uint64_t bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double bench_cpu_s(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void put_digits(char *at, int digits, uint64_t value)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[digits] = ' ';
}

static bool take_digits(const char *at, int digits, uint64_t *ret)
{
    uint64_t value = 0;

    for (int i = 0; i < digits; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(at[i] - '0');
    }
    *ret = value;
    return at[digits] == ' ';
}

void bench_stamp_fill(char *body, size_t len, uint64_t published_ns,
                      uint32_t event)
{
    put_digits(body, TIME_DIGITS, published_ns);
    put_digits(body + TIME_DIGITS + 1, EVENT_DIGITS, event);
    memset(body + BENCH_STAMP_BYTES, 'x', len - BENCH_STAMP_BYTES);
}

bool bench_stamp_read(const char *body, size_t len, uint64_t *ret_published_ns,
                      uint32_t *ret_event)
{
    uint64_t published_ns, event;

    if (len < BENCH_STAMP_BYTES ||
        !take_digits(body, TIME_DIGITS, &published_ns) ||
        !take_digits(body + TIME_DIGITS + 1, EVENT_DIGITS, &event) ||
        event > UINT32_MAX)
        return false;
    *ret_published_ns = published_ns;
    *ret_event = (uint32_t)event;
    return true;
}

unsigned long bench_number(const char *option, const char *text,
                           unsigned long max)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
        value > max) {
        fprintf(stderr, "--%s %s: give a number from 0 to %lu\n", option, text,
                max);
        exit(1);
    }
    return value;
}
