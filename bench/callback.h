/* callback.h - where the callbacks of a benchmark are, and the topics that are
 * fetched.
 *
 * Callback i is SCHEME://HOST:PORT/s/I on host number i mod HOSTS: 127.0.0.1
 * when there is only one, else 127.1.0.1 and up, 250 of each third number.
 * Topic i is /t/I there. */
#ifndef BENCH_CALLBACK_H
#define BENCH_CALLBACK_H

#include <stdbool.h>

#define BENCH_CALLBACK_PATH "/s/"
#define BENCH_TOPIC_PATH "/t/"
#define BENCH_HOSTS_MAX 60000ul

struct wsub_buf;

struct bench_callbacks {
    bool https;
    bool topics; /* these, not the callbacks */
    unsigned long port;
    unsigned long hosts; /* 1 to BENCH_HOSTS_MAX */
};

/* Appends the URL of callback `number`. */
void bench_callback_url(const struct bench_callbacks *callbacks,
                        unsigned long number, struct wsub_buf *out);

#endif
