/* redis_url.h - where Redis is.
 *
 *   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]
 *   unix://[[USER]:PASSWORD@]/PATH[?db=DB]
 *
 * HOST is a name, an IPv4 address or an IPv6 address in brackets; PORT is
 * 6379 and DB 0 unless given.  User, password and path are percent-decoded.
 * rediss:// is refused: there is no TLS. */
#ifndef WSUB_REDIS_REDIS_URL_H
#define WSUB_REDIS_REDIS_URL_H

#include <stdint.h>

#include "common/base/err.h"

enum wsub_redis_kind { WSUB_REDIS_TCP, WSUB_REDIS_UNIX };

struct wsub_redis_url {
    enum wsub_redis_kind kind;
    char host[256];     /* TCP; without brackets */
    uint16_t port;      /* TCP */
    char path[108];     /* UNIX; as long as a sockaddr_un holds */
    char user[128];     /* "": the default user */
    char password[512]; /* "": no AUTH is sent */
    uint32_t db;
};

/* Parses `text`.  On WSUB_ERR_INVALID *ret_reason (always set then) is a
 * constant phrase such as "the port is not 1 to 65535"; it never quotes the
 * text, which may hold a password. */
enum wsub_err
wsub_redis_url_parse(const char *text, const char **ret_reason,
                     struct wsub_redis_url *ret_url) WSUB_MUST_CHECK;

#endif
