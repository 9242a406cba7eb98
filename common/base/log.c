#include "common/base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"

#define VALUE_MAX_BYTES 1024 /* strangers name topics and callbacks */

static struct {
    enum wsub_log_level level;
    enum wsub_log_format format;
} setup = {WSUB_LOG_INFO, WSUB_LOG_TEXT};

static const char *const level_names[] = {
    [WSUB_LOG_ERROR] = "error",
    [WSUB_LOG_WARN] = "warn",
    [WSUB_LOG_INFO] = "info",
    [WSUB_LOG_DEBUG] = "debug",
};

void wsub_log_setup(enum wsub_log_level level, enum wsub_log_format format)
{
    setup.level = level;
    setup.format = format;
}

bool wsub_log_enabled(enum wsub_log_level level)
{
    return level <= setup.level;
}

const char *wsub_log_number(char *room, long long number)
{
    snprintf(room, 24, "%lld", number);
    return room;
}

static void add_time(struct wsub_buf *line)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    wsub_buf_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                    utc.tm_hour, utc.tm_min, utc.tm_sec,
                    (int)(now.tv_nsec / 1000000));
}

static void add_quoted(struct wsub_buf *line, const char *s)
{
    size_t left = VALUE_MAX_BYTES;

    wsub_buf_char(line, '"');
    for (; *s != '\0' && left > 0; s++, left--) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            wsub_buf_char(line, '\\');
            wsub_buf_char(line, *s);
        } else if (c < 0x20 || c == 0x7f) {
            wsub_buf_printf(line, "\\u%04x", c);
        } else {
            wsub_buf_char(line, *s);
        }
    }
    wsub_buf_char(line, '"');
}

static bool is_plain(const char *s)
{
    size_t len = strlen(s);

    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || *p == '"' || *p == '\\' ||
            (unsigned char)*p == 0x7f)
            return false;
    return len > 0 && len <= VALUE_MAX_BYTES;
}

static void add_text(struct wsub_buf *line, enum wsub_log_level level,
                     const char *event, const struct wsub_log_field *fields)
{
    add_time(line);
    wsub_buf_printf(line, " %s %s", level_names[level], event);
    for (; fields->key != NULL; fields++) {
        const char *value = fields->value ? fields->value : "-";

        wsub_buf_printf(line, " %s=", fields->key);
        if (is_plain(value))
            wsub_buf_str(line, value);
        else
            add_quoted(line, value);
    }
}

static void add_json(struct wsub_buf *line, enum wsub_log_level level,
                     const char *event, const struct wsub_log_field *fields)
{
    wsub_buf_str(line, "{\"time\":\"");
    add_time(line);
    wsub_buf_printf(line, "\",\"level\":\"%s\",\"event\":\"%s\"",
                    level_names[level], event);
    for (; fields->key != NULL; fields++) {
        wsub_buf_printf(line, ",\"%s\":", fields->key);
        add_quoted(line, fields->value ? fields->value : "-");
    }
    wsub_buf_char(line, '}');
}

void wsub_log_write(enum wsub_log_level level, const char *event,
                    const struct wsub_log_field *fields)
{
    struct wsub_buf line = {0};
    ssize_t written;

    if (setup.format == WSUB_LOG_JSON)
        add_json(&line, level, event, fields);
    else
        add_text(&line, level, event, fields);
    wsub_buf_char(&line, '\n');
    written = write(STDERR_FILENO, line.data, line.len);
    (void)written; /* there is nowhere left to report it */
    wsub_buf_done(&line);
}
