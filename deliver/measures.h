/* measures.h - what attempts to deliver come to, and how long events take to their
 * subscribers, for /metrics. */
#ifndef DELIVER_MEASURES_H
#define DELIVER_MEASURES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/store/attempt_log.h"

/* Once in a process. */
void deliver_measures_register(void);

/* An attempt is over. */
void deliver_measure_attempt(const struct wsub_attempt *attempt);

/* An event was delivered, `age_ms` after it was accepted; `at_first` by the first
 * attempt. */
void deliver_measure_delivery(uint64_t age_ms, bool at_first);

#endif
