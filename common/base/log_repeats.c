#include "common/base/log_repeats.h"

#include "common/base/buf.h"

#define PLACES 256 /* a trouble has a few lines; far fewer than places */

static struct place {
    uint64_t key;
    uint64_t since_ms;
    uint64_t left_out;
    struct wsub_buf last; /* owned; the last line that was left out */
    unsigned written;     /* 0: the place is free */
} places[PLACES];

static size_t waiting; /* places with lines that were left out */

static bool is_over(const struct place *place, uint64_t now_ms)
{
    return now_ms - place->since_ms >= WSUB_LOG_REPEATS_MS;
}

static void clear(struct place *place, wsub_log_repeats_cb *on_over)
{
    if (place->left_out > 0) {
        on_over(place->last.data, place->last.len, place->left_out);
        waiting--;
    }
    wsub_buf_done(&place->last);
    *place = (struct place){0};
}

bool wsub_log_repeats_pass(uint64_t key, uint64_t now_ms, const char *line,
                           size_t len, wsub_log_repeats_cb *on_over)
{
    struct place *place = &places[key % PLACES];

    if (place->written > 0 && (place->key != key || is_over(place, now_ms)))
        clear(place, on_over);
    if (place->written == 0) {
        place->key = key;
        place->since_ms = now_ms;
    }
    if (place->written < WSUB_LOG_REPEATS_BURST) {
        place->written++;
        return true;
    }
    waiting += place->left_out++ == 0;
    wsub_buf_clear(&place->last);
    wsub_buf_add(&place->last, line, len);
    return false;
}

bool wsub_log_repeats_look(uint64_t now_ms, bool all,
                           wsub_log_repeats_cb *on_over)
{
    for (size_t i = 0; i < PLACES && waiting > 0; i++)
        if (places[i].left_out > 0 && (all || is_over(&places[i], now_ms)))
            clear(&places[i], on_over);
    return waiting > 0;
}
