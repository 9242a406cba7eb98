/* parking.h - jobs that wait in Redis for their host to have room.
 *
 * A job that found its host full went to the list `parked:H` of its shard.
 * When the host has room again (host.h), the jobs that this process parked
 * come back in the measure of the room.  Those of a process that has ended
 * come back by `promote`. */
#ifndef DELIVER_PARKING_H
#define DELIVER_PARKING_H

struct deliver;
struct deliver_parking;

struct deliver_parking *deliver_parking_new(struct deliver *d);
void deliver_parking_free(struct deliver_parking *parking);

/* A job of `shard` was parked for the host called `name`. */
void deliver_parking_note(struct deliver_parking *parking, unsigned shard,
                          const char *name);

/* The host has room for `count` more. */
void deliver_parking_fetch(struct deliver_parking *parking, const char *name,
                           unsigned count);

#endif
