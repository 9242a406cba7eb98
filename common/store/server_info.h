/* server_info.h - what the server of Redis says of itself (INFO). */
#ifndef WSUB_STORE_SERVER_INFO_H
#define WSUB_STORE_SERVER_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

struct wsub_server_info {
    char version[32];    /* "" when it is not told */
    char policy[32];     /* maxmemory-policy; "" when it is not told */
    bool aof;            /* there is an append-only file */
    bool aof_ok, rdb_ok; /* the last write of each went well */
    uint64_t used_bytes, maxmemory_bytes; /* 0: no limit */
};

/* `info` is NULL unless err is WSUB_OK.  Sent once; `cb` is called once, maybe
 * during the call. */
typedef void wsub_server_info_cb(enum wsub_err err,
                                 const struct wsub_server_info *info,
                                 void *arg);
void wsub_server_info(struct wsub_store *store, wsub_server_info_cb *cb,
                      void *arg);

/* Reads the text of INFO. */
void wsub_server_info_read(const char *text, struct wsub_server_info *ret_info);

#endif
