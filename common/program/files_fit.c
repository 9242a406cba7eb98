#include "common/program/files_fit.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/http/client.h"

#define OWN_FILES 32    /* standard ones, epoll, log, name servers, listening */
#define STATUS_FILES 32 /* connections of the status server, see status.c */
#define LINKS 4         /* to Redis, beside one a shard */
#define FETCH_FILES 512 /* enough for all fetches, and what is kept of them */
#define WORK_LEAST 32   /* for strangers; with fewer it is no use */

#define REMEDY                                                                 \
    WSUB_KV("remedy", "raise the hard limit of open files (LimitNOFILE of "    \
                      "systemd, ulimit -Hn)")

/* The descriptors that the process keeps for itself. */
static uint32_t kept_files(enum wsub_program program,
                           const struct wsub_config *config)
{
    if (program == WSUB_PROGRAM_HUB)
        return OWN_FILES + LINKS;
    return OWN_FILES + LINKS + STATUS_FILES + config->shards;
}

static void fit_hub(uint32_t limit, uint32_t files, struct wsub_config *config)
{
    if (config->max_connections <= files)
        return;
    wsub_log_warn("files-limited", WSUB_KU("limit", limit),
                  WSUB_KU("max_connections", files),
                  WSUB_KU("configured", config->max_connections), REMEDY);
    config->max_connections = files;
}

/* The spreader has no setting for its fetches: the client makes fewer. */
static void fit_spreader(uint32_t limit, uint32_t files)
{
    if (files < FETCH_FILES)
        wsub_log_warn("files-limited", WSUB_KU("limit", limit),
                      WSUB_KU("connections", files), REMEDY);
}

/* Half of the requests: the others are verifications, and what lingers. */
static void fit_deliver(uint32_t limit, uint32_t files,
                        struct wsub_config *config)
{
    uint32_t requests = wsub_http_client_requests_max(files) / 2;

    if (config->concurrency <= requests)
        return;
    wsub_log_warn("files-limited", WSUB_KU("limit", limit),
                  WSUB_KU("connections", files),
                  WSUB_KU("concurrency", requests),
                  WSUB_KU("configured", config->concurrency), REMEDY);
    config->concurrency = requests;
}

enum wsub_err wsub_files_fit(enum wsub_program program, uint32_t limit,
                             struct wsub_config *config, char err_text[256])
{
    uint32_t least = kept_files(program, config) + WORK_LEAST;
    uint32_t files;

    if (limit < least) {
        snprintf(err_text, 256,
                 "only %u files may be open at once, and at least %u are "
                 "needed: raise the hard limit of open files (LimitNOFILE of "
                 "systemd, ulimit -Hn)",
                 limit, least);
        return WSUB_ERR_INVALID;
    }
    files = limit - kept_files(program, config);
    if (program == WSUB_PROGRAM_HUB)
        fit_hub(limit, files, config);
    else if (program == WSUB_PROGRAM_SPREADER)
        fit_spreader(limit, files);
    else
        fit_deliver(limit, files, config);
    config->max_sockets = program == WSUB_PROGRAM_HUB ? 0 : files;
    return WSUB_OK;
}
