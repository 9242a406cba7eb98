/* intake.h - readers on `log` and `pings` of every shard.
 *
 * At most SPREAD_OPEN_MAX entries are held at once. */
#ifndef SPREADER_INTAKE_H
#define SPREADER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

struct spreader;
struct spread_intake;

struct spread_intake *spread_intake_new(struct spreader *s);
void spread_intake_free(struct spread_intake *intake);

/* Entries are done with: gives back their room and wakes the readers. */
void spread_intake_release(struct spread_intake *intake, size_t count);

/* Reads nothing more. */
void spread_intake_stop(struct spread_intake *intake);
/* True once every reader has stopped. */
bool spread_intake_stopped(const struct spread_intake *intake);

#endif
