/* log.h - one event, one line.
 *
 * A line is an event's name and its details as key=value pairs, ids first:
 *
 *   2026-11-21T10:00:00.123Z info subscription-active topic=http://... ms=12
 *
 * or the same as one JSON object.  Lines go to standard error.  Levels: error
 * = wake someone; warn = degraded; info = lifecycle; debug = the rest.  Never
 * a secret.  Values are given as text, unquoted: the module quotes what needs
 * it and cuts values longer than 1,024 bytes. */
#ifndef WSUB_BASE_LOG_H
#define WSUB_BASE_LOG_H

#include <stdbool.h>

enum wsub_log_level {
    WSUB_LOG_ERROR,
    WSUB_LOG_WARN,
    WSUB_LOG_INFO,
    WSUB_LOG_DEBUG,
};

enum wsub_log_format { WSUB_LOG_TEXT, WSUB_LOG_JSON };

/* Sets what is written (this level and those more severe) and how. */
void wsub_log_setup(enum wsub_log_level level, enum wsub_log_format format);

bool wsub_log_enabled(enum wsub_log_level level);

/* Writes a line: `event`, then pairs of key (const char *) and printf format
 * with its arguments, as built by the macros below. */
struct wsub_log_field {
    const char *key;
    const char *value;
};
void wsub_log_write(enum wsub_log_level level, const char *event,
                    const struct wsub_log_field *fields);

/* wsub_log_info("listening", WSUB_KV("address", text), WSUB_KU("port", 80)); */
#define WSUB_KV(name, text) ((struct wsub_log_field){(name), (text)})
#define WSUB_KU(name, number)                                                  \
    ((struct wsub_log_field){                                                  \
        (name), wsub_log_number((char[24]){0}, (long long)(number))})
#define WSUB_LOG(level, event, ...)                                            \
    do {                                                                       \
        if (wsub_log_enabled(level))                                           \
            wsub_log_write((level), (event),                                   \
                           (const struct wsub_log_field[]){                    \
                               __VA_ARGS__ __VA_OPT__(, ){0, 0}});             \
    } while (0)
#define wsub_log_error(...) WSUB_LOG(WSUB_LOG_ERROR, __VA_ARGS__)
#define wsub_log_warn(...) WSUB_LOG(WSUB_LOG_WARN, __VA_ARGS__)
#define wsub_log_info(...) WSUB_LOG(WSUB_LOG_INFO, __VA_ARGS__)
#define wsub_log_debug(...) WSUB_LOG(WSUB_LOG_DEBUG, __VA_ARGS__)

/* Writes `number` into `room` (24 bytes) and returns it; for WSUB_KU. */
const char *wsub_log_number(char *room, long long number);

#endif
