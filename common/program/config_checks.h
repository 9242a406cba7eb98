/* config_checks.h - which texts are fine as settings. */
#ifndef WSUB_PROGRAM_CONFIG_CHECKS_H
#define WSUB_PROGRAM_CONFIG_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

/* True when a text is fine.  May set *reason, a constant phrase that takes
 * the place of the row's `form` in the message. */
typedef bool wsub_setting_check(const char *text, const char **reason);

/* Reads a plain decimal number from `min` to `max`: no sign, no space, nothing
 * behind it. */
bool wsub_setting_number(const char *text, uint32_t min, uint32_t max,
                         uint32_t *ret_number);

/* The checks of the table's texts. */
wsub_setting_check wsub_setting_is_redis_url,
    wsub_setting_is_redis_url_or_empty, wsub_setting_is_public_url,
    wsub_setting_is_prefix, wsub_setting_is_name, wsub_setting_is_stream,
    wsub_setting_is_listen, wsub_setting_is_listen_or_empty,
    wsub_setting_is_status_listen, wsub_setting_is_token, wsub_setting_is_path,
    wsub_setting_is_patterns, wsub_setting_is_hash_rules,
    wsub_setting_is_servers, wsub_setting_is_networks, wsub_setting_is_ports,
    wsub_setting_is_readable, wsub_setting_is_proxy, wsub_setting_is_origins;

#endif
