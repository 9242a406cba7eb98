/* call_times.h - how long calls to Redis take, for /metrics.
 *
 * From a call's last sending to its reply, on the store's own connection: all
 * together, and by script (which a plain command has none of). */
#ifndef WSUB_STORE_CALL_TIMES_H
#define WSUB_STORE_CALL_TIMES_H

#include <stdint.h>

struct wsub_script;

/* Before the first call; again is fine. */
void wsub_call_times_register(void);

/* A call of `script`, NULL for a plain command, had its reply after so long. */
void wsub_call_times_note(const struct wsub_script *script, uint64_t us);

#endif
