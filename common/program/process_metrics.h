/* process_metrics.h - what Prometheus' client libraries tell of a process, and which
 * build it is. */
#ifndef WSUB_PROGRAM_PROCESS_METRICS_H
#define WSUB_PROGRAM_PROCESS_METRICS_H

#include "common/base/config.h"

/* Once, at the start: the process began now. */
void wsub_process_metrics_register(enum wsub_program program);

#endif
