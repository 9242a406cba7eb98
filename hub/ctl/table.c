#include "hub/ctl/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"

#define COLUMNS_MAX 16
#define GAP 2
#define CUT_LEAST 12 /* characters that are left of a cell that is cut */

struct hub_ctl_table {
    const struct hub_ctl_column *columns; /* borrowed */
    size_t column_count;
    uint64_t now_ms;
    char **cells; /* owned; row after row */
    size_t rows;
    size_t widths[COLUMNS_MAX];
};

/* Values. */

void hub_ctl_add_text(struct wsub_buf *out, const char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        size_t bytes = wsub_utf8_char_bytes(text + at, len - at);
        unsigned char c = (unsigned char)text[at];
        /* C1 controls are two bytes in UTF-8: C2 80 to C2 9F */
        bool is_control =
            c < 0x20 || c == 0x7f ||
            (bytes == 2 && c == 0xc2 && (unsigned char)text[at + 1] < 0xa0);

        if (bytes == 0 || is_control)
            wsub_buf_char(out, '?');
        else
            wsub_buf_add(out, text + at, bytes);
        at += bytes > 0 ? bytes : 1;
    }
}

static void add_age(struct wsub_buf *out, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ms < 2 * units[i].ms)
            continue;
        wsub_buf_printf(out, "%llu %s", (unsigned long long)(ms / units[i].ms),
                        units[i].unit);
        return;
    }
    wsub_buf_printf(out, "%llu ms", (unsigned long long)ms);
}

static void add_time(struct wsub_buf *out, uint64_t at_ms, uint64_t now_ms)
{
    if (at_ms > now_ms)
        wsub_buf_str(out, "in ");
    add_age(out, at_ms > now_ms ? at_ms - now_ms : now_ms - at_ms);
    if (at_ms <= now_ms)
        wsub_buf_str(out, " ago");
}

static void add_bytes(struct wsub_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    double size = (double)bytes;

    while (size >= 1024 && unit < 3) {
        size /= 1024;
        unit++;
    }
    wsub_buf_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

static void add_number(struct wsub_buf *out, const json_t *value,
                       enum hub_ctl_kind kind, uint64_t now_ms)
{
    json_int_t number = json_integer_value(value);
    uint64_t positive = number > 0 ? (uint64_t)number : 0;

    switch (kind) {
    case HUB_CTL_AGE:
        add_age(out, positive);
        break;
    case HUB_CTL_TIME:
        add_time(out, positive, now_ms);
        break;
    case HUB_CTL_DATE:
        add_time(out, positive * 1000, now_ms);
        break;
    case HUB_CTL_BYTES:
        add_bytes(out, positive);
        break;
    default:
        wsub_buf_printf(out, "%lld", (long long)number);
    }
}

void hub_ctl_add_value(struct wsub_buf *out, const json_t *value,
                       enum hub_ctl_kind kind, uint64_t now_ms)
{
    if (json_is_string(value))
        hub_ctl_add_text(out, json_string_value(value));
    else if (json_is_integer(value))
        add_number(out, value, kind, now_ms);
    else if (json_is_real(value))
        wsub_buf_printf(out, "%.1f", json_real_value(value));
    else if (json_is_boolean(value))
        wsub_buf_str(out, json_is_true(value)   ? "yes"
                          : kind == HUB_CTL_YES ? ""
                                                : "no");
    else
        wsub_buf_str(out, kind == HUB_CTL_YES ? "" : "-");
}

const json_t *hub_ctl_member(const json_t *row, const char *name)
{
    const char *dot = strchr(name, '.');
    char first[64];

    if (dot == NULL)
        return json_object_get(row, name);
    snprintf(first, sizeof(first), "%.*s", (int)(dot - name), name);
    return hub_ctl_member(json_object_get(row, first), dot + 1);
}

/* Characters, where `text` is UTF-8. */
static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Tables. */

struct hub_ctl_table *hub_ctl_table_new(const struct hub_ctl_column *columns,
                                        uint64_t now_ms)
{
    struct hub_ctl_table *table = wsub_calloc(1, sizeof(*table));

    table->columns = columns;
    table->now_ms = now_ms;
    for (; columns[table->column_count].title != NULL; table->column_count++)
        table->widths[table->column_count] =
            characters(columns[table->column_count].title);
    return table;
}

void hub_ctl_table_free(struct hub_ctl_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->rows * table->column_count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void hub_ctl_table_add(struct hub_ctl_table *table, const json_t *row)
{
    size_t at = table->rows++ * table->column_count;

    table->cells =
        wsub_realloc(table->cells,
                     table->rows * table->column_count * sizeof(*table->cells));
    for (size_t i = 0; i < table->column_count; i++) {
        const struct hub_ctl_column *column = &table->columns[i];
        struct wsub_buf text = {0};
        size_t width;

        hub_ctl_add_value(&text, hub_ctl_member(row, column->member),
                          column->kind, table->now_ms);
        width = characters(wsub_buf_cstr(&text));
        if (width > table->widths[i])
            table->widths[i] = width;
        table->cells[at + i] = wsub_strdup(wsub_buf_cstr(&text));
        wsub_buf_done(&text);
    }
}

size_t hub_ctl_table_rows(const struct hub_ctl_table *table)
{
    return table->rows;
}

/* Cuts the widest columns of text until the line fits. */
static void fit(const struct hub_ctl_table *table, size_t widths[],
                size_t width)
{
    size_t all = 0, widest;

    for (size_t i = 0; i < table->column_count; i++)
        all += (widths[i] = table->widths[i]) + (i > 0 ? GAP : 0);
    while (width > 0 && all > width) {
        widest = 0;
        for (size_t i = 1; i < table->column_count; i++)
            if (widths[i] > widths[widest])
                widest = i;
        if (widths[widest] <= CUT_LEAST)
            return;
        widths[widest]--;
        all--;
    }
}

static bool is_right(const struct hub_ctl_column *column)
{
    return column->kind != HUB_CTL_TEXT && column->kind != HUB_CTL_YES;
}

/* How many bytes the first `count` characters have. */
static size_t bytes_of(const char *text, size_t count)
{
    size_t at = 0;

    while (text[at] != '\0' && count > 0) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
        count--;
    }
    return at;
}

static void print_cell(FILE *out, const char *text, size_t width,
                       bool is_right_side, bool is_last)
{
    size_t len = characters(text);
    bool is_cut = len > width;
    size_t shown = is_cut ? width - 1 : len;
    int pad = (int)(width - shown - is_cut);

    fprintf(out, "%*s%.*s%s", is_right_side ? pad : 0, "",
            (int)bytes_of(text, shown), text, is_cut ? "\xe2\x80\xa6" : "");
    if (!is_last)
        fprintf(out, "%*s", (is_right_side ? 0 : pad) + GAP, "");
}

void hub_ctl_table_print(const struct hub_ctl_table *table, FILE *out,
                         size_t width)
{
    size_t widths[COLUMNS_MAX];
    size_t count = table->column_count;

    fit(table, widths, width);
    for (size_t i = 0; i < count; i++)
        print_cell(out, table->columns[i].title, widths[i],
                   is_right(&table->columns[i]), i + 1 == count);
    fputc('\n', out);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < count; i++)
            print_cell(out, table->cells[row * count + i], widths[i],
                       is_right(&table->columns[i]), i + 1 == count);
        fputc('\n', out);
    }
}

uint64_t hub_ctl_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

size_t hub_ctl_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}
