/* log.h - one event, one line.
 *
 * A line is an event's name and its details as key=value pairs, ids first:
 *
 *   2026-11-21T10:00:00.123Z info subscription-active topic=http://... ms=12
 *
 * or the same as one JSON object, in which numbers are numbers.  Lines go to
 * standard error, and no program ever waits for whoever reads that
 * (log_sink.h).  Levels: error = wake someone; warn = degraded; info =
 * lifecycle; debug = the rest.  Never a secret.  Values are given as text,
 * unquoted: the module quotes what needs it and cuts values longer than 1,024
 * bytes.
 *
 * Of lines that say the same, the first five in ten seconds are written; then
 * the last one of those that were left out, with `count`, how many those were.
 * Two lines of an event say the same when the texts that name what went wrong
 * (WSUB_KE) are the same, whatever else they name; of an event without such a
 * text, when all is the same.  Debug lines, and lines that have a `count` of
 * their own, are all written. */
#ifndef WSUB_BASE_LOG_H
#define WSUB_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wsub_log_level {
    WSUB_LOG_ERROR,
    WSUB_LOG_WARN,
    WSUB_LOG_INFO,
    WSUB_LOG_DEBUG,
};

enum wsub_log_format { WSUB_LOG_TEXT, WSUB_LOG_JSON };

/* Sets what is written (this level and those more severe) and how. */
void wsub_log_setup(enum wsub_log_level level, enum wsub_log_format format);

/* Looks what standard error is, and registers the log's own metrics; once, when
 * a program begins. */
void wsub_log_start(void);

/* Writes a sentence for people, with its line end, in place of a log line. */
void wsub_log_plain(const char *line, size_t len);

/* Writes what still waits, for a fifth of a second at most. */
void wsub_log_finish(void);

/* `want` is called with the milliseconds after which wsub_log_tend() is to be
 * called; NULL: nobody does. */
typedef void wsub_log_want_cb(uint32_t ms, void *arg);
void wsub_log_tended_by(wsub_log_want_cb *want, void *arg);

/* Writes what could not be written before, and tells of repetitions.  Returns
 * after how many milliseconds it is to be called again, 0 for no need. */
uint32_t wsub_log_tend(void);

bool wsub_log_enabled(enum wsub_log_level level);

enum wsub_log_kind {
    WSUB_LOG_TEXT_VALUE,
    WSUB_LOG_NUMBER,
    WSUB_LOG_TROUBLE, /* a text that names what went wrong */
};

/* A line is `event` and fields, which end with a key of NULL, as built by the
 * macros below.  No key is time, level or event: those are the line's own. */
struct wsub_log_field {
    const char *key;
    const char *value;
    enum wsub_log_kind kind;
};
void wsub_log_write(enum wsub_log_level level, const char *event,
                    const struct wsub_log_field *fields);

/* wsub_log_info("listening", WSUB_KV("address", text), WSUB_KU("port", 80));
 * wsub_log_warn("redis-down", WSUB_KE("why", text)); */
#define WSUB_KV(name, text)                                                    \
    ((struct wsub_log_field){(name), (text), WSUB_LOG_TEXT_VALUE})
#define WSUB_KE(name, text)                                                    \
    ((struct wsub_log_field){(name), (text), WSUB_LOG_TROUBLE})
#define WSUB_KU(name, number)                                                  \
    ((struct wsub_log_field){                                                  \
        (name), wsub_log_number((char[24]){0}, (long long)(number)),           \
        WSUB_LOG_NUMBER})
#ifdef __cppcheck__ /* 2.10 does not know __VA_OPT__ */
#define WSUB_LOG(level, event, ...) wsub_log_enabled(level)
#else
#define WSUB_LOG(level, event, ...)                                            \
    do {                                                                       \
        if (wsub_log_enabled(level))                                           \
            wsub_log_write((level), (event),                                   \
                           (const struct wsub_log_field[]){                    \
                               __VA_ARGS__ __VA_OPT__(, ){0, 0, 0}});          \
    } while (0)
#endif
#define wsub_log_error(...) WSUB_LOG(WSUB_LOG_ERROR, __VA_ARGS__)
#define wsub_log_warn(...) WSUB_LOG(WSUB_LOG_WARN, __VA_ARGS__)
#define wsub_log_info(...) WSUB_LOG(WSUB_LOG_INFO, __VA_ARGS__)
#define wsub_log_debug(...) WSUB_LOG(WSUB_LOG_DEBUG, __VA_ARGS__)

/* Writes `number` into `room` (24 bytes) and returns it; for WSUB_KU. */
const char *wsub_log_number(char *room, long long number);

#endif
