#include "common/store/call_times.h"

#include <stdio.h>

#include "common/base/histogram.h"
#include "common/store/scripts.h"

#define LABEL_BYTES 48

static struct wsub_histogram all = {
    .name = "websubd_redis_call_seconds",
    .help = "From a call that is sent to Redis to its reply",
    .buckets = &wsub_buckets_call,
};
static struct wsub_histogram by_script[WSUB_SCRIPT_MAX_];
static char labels[WSUB_SCRIPT_MAX_][LABEL_BYTES];

void wsub_call_times_register(void)
{
    if (labels[0][0] != '\0')
        return;
    for (size_t i = 0; i < WSUB_SCRIPT_MAX_; i++) {
        snprintf(labels[i], LABEL_BYTES, "script=\"%s\"",
                 wsub_script_name((enum wsub_script_id)i));
        by_script[i] = (struct wsub_histogram){
            .name = "websubd_redis_script_seconds",
            .help = "The same of each script",
            .labels = labels[i],
            .buckets = &wsub_buckets_call,
        };
    }
    wsub_histograms_register(&all, 1, NULL);
    wsub_histograms_register(by_script, WSUB_SCRIPT_MAX_, NULL);
}

void wsub_call_times_note(const struct wsub_script *script, uint64_t us)
{
    wsub_histogram_add(&all, us);
    if (script != NULL)
        wsub_histogram_add(&by_script[wsub_script_id_of(script)], us);
}
