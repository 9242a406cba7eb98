/* status_listen.h - where a program serves its status.
 *
 * The setting `default` is a port of the program's own, so that a scraper finds
 * it; of several such programs on one machine the first has it and the others
 * take one that is free.  An address that a user gave is that or an error. */
#ifndef WSUB_PROGRAM_STATUS_LISTEN_H
#define WSUB_PROGRAM_STATUS_LISTEN_H

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/http/status.h"

struct event_base;
struct wsub_http_server;

/* The address that the setting names; "" for nowhere. */
const char *wsub_status_listen(enum wsub_program program,
                               const struct wsub_config *config);

/* Whether another one will do when that is taken. */
bool wsub_status_listen_yields(const struct wsub_config *config);

/* Serves the status there.  As wsub_status_server_new(). */
enum wsub_err wsub_status_listen_now(
    enum wsub_program program, const struct wsub_config *config,
    struct event_base *base, struct wsub_status_source *source,
    char err_text[256], struct wsub_http_server **ret_server) WSUB_MUST_CHECK;

#endif
