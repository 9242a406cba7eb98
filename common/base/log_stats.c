#include "common/base/log_stats.h"

struct wsub_metric wsub_log_stats[WSUB_LOG_STAT_MAX_] = {
    [WSUB_LOG_STAT_DROPPED] = {"websubd_log_dropped_lines_total",
                               "Log lines lost: standard error was not read, "
                               "or its disk was full",
                               WSUB_COUNTER, NULL, 0},
    [WSUB_LOG_STAT_LEFT_OUT] = {"websubd_log_repeated_lines_total",
                                "Log lines left out as repetitions",
                                WSUB_COUNTER, NULL, 0},
};
