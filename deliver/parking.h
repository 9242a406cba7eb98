/* parking.h - jobs that wait in Redis for their host to have capacity.
 *
 * A job that found its host full went to the list `parked:H` of its shard.
 * When the host has capacity again (host.h), the jobs that this process parked
 * come back in the measure of it.  Those of a process that has ended come back
 * by `promote`. */
#ifndef DELIVER_PARKING_H
#define DELIVER_PARKING_H

#include <stdint.h>

struct wsub_hosts;
struct deliver_parking;
struct wsub_store;

/* Both outlive the parking. */
struct deliver_parking *deliver_parking_new(struct wsub_store *store,
                                            struct wsub_hosts *hosts);
void deliver_parking_free(struct deliver_parking *parking);

/* A job of `shard` was parked for the host called `name`. */
void deliver_parking_note(struct deliver_parking *parking, unsigned shard,
                          const char *name);

/* The host has capacity for `count` more. */
void deliver_parking_fetch(struct deliver_parking *parking, const char *name,
                           uint32_t count);

#endif
