/* server_clock.h - the clock of Redis, told by ours: all processes agree on it.
 *
 *   asked --> TIME --> take: how far it is from our own, the way taken halved */
#ifndef WSUB_STORE_SERVER_CLOCK_H
#define WSUB_STORE_SERVER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct redisReply;

/* Zeroed at first. */
struct wsub_server_clock {
    uint64_t asked_us;  /* our clock */
    uint64_t offset_ms; /* the server's minus our own, modulo 2^64 */
    bool is_known;
};

/* TIME is sent now. */
void wsub_server_clock_asked(struct wsub_server_clock *clock);

/* Its reply; another one changes nothing. */
void wsub_server_clock_take(struct wsub_server_clock *clock,
                            const struct redisReply *reply);

/* Unix time of the server; 0: not known. */
uint64_t wsub_server_clock_ms(const struct wsub_server_clock *clock);

#endif
