/* listen.h - listening addresses as text.
 *
 * Internal to the HTTP server: "127.0.0.1:8080", "[::1]:0" or "unix:/path".
 * Names are not resolved. */
#ifndef WSUB_HTTP_LISTEN_H
#define WSUB_HTTP_LISTEN_H

#include <stddef.h>
#include <sys/socket.h>

#include "common/base/err.h"

/* Reads `text`; anything else than the three forms is WSUB_ERR_INVALID. */
enum wsub_err wsub_http_listen_parse(const char *text,
                                     struct sockaddr_storage *ret_address,
                                     socklen_t *ret_len) WSUB_MUST_CHECK;

/* Writes an address as text of the same form; for an unnamed unix socket,
 * which is what clients have, "unix". */
void wsub_http_listen_print(const struct sockaddr *address, char *text,
                            size_t size);

/* Removes the socket that a dead process left at a unix address.  One that a
 * living process listens on, and any other kind of file, is left alone. */
void wsub_http_listen_clear(const struct sockaddr *address, socklen_t len);

#endif
