/* ping.h - the announcements that one fetch answers. */
#ifndef SPREADER_PING_H
#define SPREADER_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define SPREAD_ENTRY_ID_MAX 48

struct spread_ping;
struct wsub_cmd;

struct spread_pings {
    STAILQ_HEAD(, spread_ping) list; /* owned */
    uint32_t failures; /* of their topic so far: the most that one knows of */
};

void spread_pings_init(struct spread_pings *pings);
/* Forgets all; returns how many there were. */
size_t spread_pings_clear(struct spread_pings *pings);

bool spread_pings_empty(const struct spread_pings *pings);
bool spread_pings_have(const struct spread_pings *pings, const char *id);
void spread_pings_add(struct spread_pings *pings, const char *id,
                      uint32_t failures);

/* Moves all of `from` to `to`, which is empty. */
void spread_pings_move(struct spread_pings *to, struct spread_pings *from);

/* Adds the ids as arguments. */
void spread_pings_args(const struct spread_pings *pings, struct wsub_cmd *cmd);

#endif
