#include "common/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/log_repeats.h"
#include "common/base/log_sink.h"
#include "common/base/log_stats.h"
#include "common/base/utf8.h"

#define VALUE_MAX_BYTES 1024 /* strangers name topics and callbacks */
#define REPEATS_LOOK_MS 1000 /* between looks for repetitions to tell of */
#define FINISH_MS 200        /* a reader that is alive takes far less */

static struct {
    enum wsub_log_level level;
    enum wsub_log_format format;
    wsub_log_want_cb *want; /* NULL: none */
    void *want_arg;         /* borrowed; given to want */
    uint64_t dropped;       /* lines that nobody was told of yet */
} setup = {.level = WSUB_LOG_INFO, .format = WSUB_LOG_TEXT};

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

/* Bytes that are no UTF-8 would make a line that is no JSON. */
static const char no_character[] = "\\ufffd";

/* Adds the character at `s`, of which `left` bytes are there; returns how many
 * bytes it has. */
static size_t add_char(struct wsub_buf *line, const char *s, size_t left)
{
    unsigned char c = (unsigned char)*s;
    size_t len = wsub_utf8_char_bytes(s, left);

    if (len == 0) {
        wsub_buf_str(line, no_character);
        return 1;
    }
    if (c < 0x20 || c == 0x7f) {
        wsub_buf_printf(line, "\\u%04x", c);
        return 1;
    }
    if (c == '"' || c == '\\')
        wsub_buf_char(line, '\\');
    wsub_buf_add(line, s, len);
    return len;
}

static void add_quoted(struct wsub_buf *line, const char *s)
{
    size_t len = strlen(s), at = 0;

    wsub_buf_char(line, '"');
    while (at < len && at < VALUE_MAX_BYTES)
        at += add_char(line, s + at, len - at);
    wsub_buf_char(line, '"');
}

static bool is_plain(const char *s)
{
    size_t len = strlen(s);

    for (const char *p = s; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || *p == '"' || *p == '\\' ||
            (unsigned char)*p == 0x7f)
            return false;
    return len > 0 && len <= VALUE_MAX_BYTES && wsub_utf8_is(s, len);
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

/* A field may have this key; the lint test log_keys looks too. */
static void assert_free_key(const char *key)
{
    (void)key; /* without assertions */
    assert(strcmp(key, "time") != 0 && strcmp(key, "level") != 0 &&
           strcmp(key, "event") != 0);
}

static void add_json(struct wsub_buf *line, enum wsub_log_level level,
                     const char *event, const struct wsub_log_field *fields)
{
    wsub_buf_str(line, "{\"time\":\"");
    add_time(line);
    wsub_buf_printf(line, "\",\"level\":\"%s\",\"event\":\"%s\"",
                    level_names[level], event);
    for (; fields->key != NULL; fields++) {
        assert_free_key(fields->key);
        wsub_buf_printf(line, ",\"%s\":", fields->key);
        if (fields->kind == WSUB_LOG_NUMBER)
            wsub_buf_str(line, fields->value);
        else
            add_quoted(line, fields->value ? fields->value : "-");
    }
}

/* Ends a line, of which `count` were left out unless that is 0. */
static void add_end(struct wsub_buf *line, uint64_t count)
{
    bool is_json = setup.format == WSUB_LOG_JSON;

    if (count > 0)
        wsub_buf_printf(line, is_json ? ",\"count\":%llu" : " count=%llu",
                        (unsigned long long)count);
    wsub_buf_str(line, is_json ? "}\n" : "\n");
}

void wsub_log_plain(const char *line, size_t len)
{
    uint32_t wait_ms;

    if (!wsub_log_sink_write(line, len)) {
        wsub_metric_add(&wsub_log_stats[WSUB_LOG_STAT_DROPPED], 1);
        setup.dropped++;
    }
    wait_ms = wsub_log_sink_wait_ms();
    if (wait_ms > 0 && setup.want != NULL)
        setup.want(wait_ms, setup.want_arg);
}

static void emit(struct wsub_buf *line, uint64_t count)
{
    add_end(line, count);
    wsub_log_plain(line->data, line->len);
}

static void on_repeats_over(const char *line, size_t len, uint64_t count)
{
    struct wsub_buf copy = {0};

    wsub_buf_add(&copy, line, len);
    emit(&copy, count);
    wsub_buf_done(&copy);
}

/* FNV-1a: not for strangers who look for collisions, at worst a line of theirs
 * is counted with another one. */
static uint64_t hash(uint64_t so_far, const char *text)
{
    for (; *text != '\0'; text++)
        so_far = (so_far ^ (unsigned char)*text) * 0x100000001b3u;
    return (so_far ^ 0xff) * 0x100000001b3u;
}

static uint64_t key_of(const char *event, const struct wsub_log_field *fields)
{
    bool has_trouble = false;
    uint64_t key = hash(0xcbf29ce484222325u, event);

    for (const struct wsub_log_field *f = fields; f->key != NULL; f++)
        has_trouble |= f->kind == WSUB_LOG_TROUBLE;
    for (const struct wsub_log_field *f = fields; f->key != NULL; f++)
        if (f->value != NULL && (!has_trouble || f->kind == WSUB_LOG_TROUBLE))
            key = hash(key, f->value);
    return key;
}

static bool has_count(const struct wsub_log_field *fields)
{
    for (; fields->key != NULL; fields++)
        if (strcmp(fields->key, "count") == 0)
            return true;
    return false;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whether the line says what was said often enough. */
static bool is_left_out(enum wsub_log_level level, const char *event,
                        const struct wsub_log_field *fields,
                        const struct wsub_buf *line)
{
    if (level == WSUB_LOG_DEBUG || has_count(fields) ||
        wsub_log_repeats_pass(key_of(event, fields), now_ms(), line->data,
                              line->len, on_repeats_over))
        return false;
    wsub_metric_add(&wsub_log_stats[WSUB_LOG_STAT_LEFT_OUT], 1);
    if (setup.want != NULL)
        setup.want(REPEATS_LOOK_MS, setup.want_arg);
    return true;
}

/* Lines were dropped, and there is a place again. */
static void tell_dropped(void)
{
    uint64_t dropped = setup.dropped;

    if (dropped == 0 || !wsub_log_sink_has_place())
        return;
    setup.dropped = 0;
    wsub_log_warn("log-lines-dropped", WSUB_KU("count", dropped));
}

void wsub_log_write(enum wsub_log_level level, const char *event,
                    const struct wsub_log_field *fields)
{
    struct wsub_buf line = {0};

    tell_dropped();
    if (setup.format == WSUB_LOG_JSON)
        add_json(&line, level, event, fields);
    else
        add_text(&line, level, event, fields);
    if (!is_left_out(level, event, fields, &line))
        emit(&line, 0);
    wsub_buf_done(&line);
}

void wsub_log_start(void)
{
    wsub_metrics_register(wsub_log_stats, WSUB_LOG_STAT_MAX_);
    wsub_log_sink_open();
}

void wsub_log_tended_by(wsub_log_want_cb *want, void *arg)
{
    setup.want = want;
    setup.want_arg = arg;
}

uint32_t wsub_log_tend(void)
{
    bool repeats;
    uint32_t wait_ms;

    wsub_log_sink_flush();
    tell_dropped();
    repeats = wsub_log_repeats_look(now_ms(), false, on_repeats_over);
    wait_ms = wsub_log_sink_wait_ms();
    return wait_ms > 0 ? wait_ms : repeats ? REPEATS_LOOK_MS : 0;
}

void wsub_log_finish(void)
{
    wsub_log_repeats_look(now_ms(), true, on_repeats_over);
    wsub_log_sink_flush();
    tell_dropped();
    wsub_log_sink_close(FINISH_MS);
}
