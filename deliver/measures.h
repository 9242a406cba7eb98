/* measures.h - what attempts to deliver come to, and how long events take to their
 * subscribers, for /metrics. */
#ifndef DELIVER_MEASURES_H
#define DELIVER_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/histogram.h"
#include "common/store/attempt_log.h"

/* Once in a process. */
void deliver_measures_register(void);

/* How long events took to their subscribers, for the sums of all processes. */
const struct wsub_histogram *deliver_measures_delays(size_t *ret_count);

/* An attempt is over. */
void deliver_measure_attempt(const struct wsub_attempt *attempt);

/* An event was delivered, `age_ms` after it was accepted; `at_first` by the first
 * attempt. */
void deliver_measure_delivery(uint64_t age_ms, bool at_first);

#endif
