/* metric_text.h - the Prometheus exposition format 0.0.4, a line at a time. */
#ifndef WSUB_BASE_METRIC_TEXT_H
#define WSUB_BASE_METRIC_TEXT_H

#include <stdint.h>

#include "common/base/buf.h"

/* What stands before the samples of a name; `type` is "counter", "gauge" or
 * "histogram". */
void wsub_metric_describe(struct wsub_buf *out, const char *name,
                          const char *help, const char *type);

/* `us` in seconds, with as many decimals as it needs. */
void wsub_metric_seconds(struct wsub_buf *out, uint64_t us);

#endif
