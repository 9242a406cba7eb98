#include "common/http/times.h"

#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/histogram.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"

#define CLASSES 4 /* 2xx to 5xx */

struct wsub_http_times {
    const char *server;          /* borrowed; const */
    struct wsub_histogram *rows; /* owned, as their labels are */
    size_t count;
};

void wsub_http_times_add(struct wsub_http_times *times, const char *method,
                         const char *pattern)
{
    times->rows = wsub_realloc(times->rows,
                               (times->count + CLASSES) * sizeof(*times->rows));
    for (unsigned class = 2; class < 2 + CLASSES; class ++) {
        struct wsub_buf labels = {0};

        wsub_buf_printf(
            &labels, "server=\"%s\",method=\"%s\",route=\"%s\",code=\"%uxx\"",
            times->server, method, pattern, class);
        times->rows[times->count++] = (struct wsub_histogram){
            .name = "websubd_http_request_seconds",
            .help = "From a request that is there to its response",
            .labels = wsub_buf_take(&labels),
            .buckets = &wsub_buckets_call,
        };
    }
}

struct wsub_http_times *wsub_http_times_new(const char *server)
{
    struct wsub_http_times *times = wsub_calloc(1, sizeof(*times));

    times->server = server;
    wsub_http_times_add(times, "other", "other");
    return times;
}

void wsub_http_times_start(struct wsub_http_times *times)
{
    wsub_histograms_register(times->rows, times->count, times);
}

void wsub_http_times_free(struct wsub_http_times *times)
{
    if (times == NULL)
        return;
    wsub_metrics_forget(times);
    for (size_t i = 0; i < times->count; i++)
        free((void *)(uintptr_t)times->rows[i].labels);
    free(times->rows);
    free(times);
}

void wsub_http_times_note(struct wsub_http_times *times, size_t route,
                          int status, uint64_t us)
{
    if (times != NULL)
        wsub_histogram_add(
            &times->rows[route * CLASSES + (size_t)(status / 100 - 2)], us);
}
