/* ares_compat.h - what differs between the c-ares of Debian 12 (1.18) and
 * that of Debian 13 (1.34).
 *
 * The resolver asks for the behaviour of 1.18, whichever version it stands on:
 *
 * - Names are kept by names.c alone, within its bounds.  1.34 has a cache of
 *   its own, which keeps that a name does not exist for as long as its zone
 *   wishes.
 * - A datagram that is no DNS message is ignored: the response may come right
 *   behind it.  1.34 closes the socket for it, and every query that waits
 *   there loses a try. */
#ifndef WSUB_NET_ARES_COMPAT_H
#define WSUB_NET_ARES_COMPAT_H

#include <stdint.h>

#include <ares.h>

/* Switches c-ares' own cache off in `options`; returns what belongs to the
 * option mask for it. */
int wsub_ares_without_cache(struct ares_options *options);

/* Makes a new channel ignore datagrams that are no DNS message.  Returns a
 * status of c-ares. */
int wsub_ares_ignore_malformed(ares_channel channel);

/* Returns how many name servers `channel` has; 1 when it does not tell. */
uint32_t wsub_ares_server_count(ares_channel channel);

#endif
