/* config_file.c - the INI file, read by inih.
 *
 * inih would cut long lines in two, take an indented line for more of the
 * value above it and not say which line a key was on; the reader below, which
 * feeds it line by line, settles all three. */
#include "common/program/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "common/program/config_table.h"

#define ORIGIN_BYTES 256
#define BOM "\357\273\277" /* what some editors put before the first line */

struct reader {
    FILE *file;                      /* borrowed */
    const char *path;                /* borrowed */
    struct wsub_config_draft *draft; /* borrowed */
    enum wsub_err err;
    unsigned line; /* the one read last, from 1 */
};

static void fail(struct reader *r, const char *problem)
{
    snprintf(r->draft->err_text, WSUB_CONFIG_ERR_BYTES, "%.200s:%u: %s",
             r->path, r->line, problem);
    r->err = WSUB_ERR_INVALID;
}

/* Reads a line without its indent; inih calls it like fgets(3). */
static char *read_line(char *room, int size, void *arg)
{
    struct reader *r = arg;
    int len = 0, c = EOF;

    if (r->err != WSUB_OK)
        return NULL;
    r->line++;
    while (r->err == WSUB_OK && (c = getc(r->file)) != EOF && c != '\n') {
        if (len == 0 && (c == ' ' || c == '\t'))
            continue;
        if (c == '\0')
            fail(r, "the line holds a zero byte");
        else if (len + 1 >= size)
            fail(r, "the line is too long");
        else
            room[len++] = (char)c;
    }
    room[len] = '\0';
    if (r->line == 1 && strncmp(room, BOM, strlen(BOM)) == 0)
        memmove(room, room + strlen(BOM), (size_t)len + 1 - strlen(BOM));
    if (room[0] == '[')
        fail(r, "the file has no sections, only lines NAME = VALUE");
    return r->err != WSUB_OK || (c == EOF && len == 0) ? NULL : room;
}

static void fail_unknown(struct reader *r, const char *name)
{
    const struct wsub_setting *guess = wsub_setting_guess(name);
    char problem[256];

    if (guess != NULL)
        snprintf(problem, sizeof(problem),
                 "'%.64s' is no setting; did you mean %s?", name, guess->name);
    else
        snprintf(problem, sizeof(problem), "'%.64s' is no setting; try --help",
                 name);
    fail(r, problem);
}

/* Takes one key; inih calls it.  Returns 0 on an error. */
static int on_key(void *arg, const char *section, const char *name,
                  const char *value)
{
    struct reader *r = arg;
    const struct wsub_setting *setting = wsub_setting_find(name, strlen(name));
    char origin[ORIGIN_BYTES];

    (void)section;
    if (setting == NULL) {
        fail_unknown(r, name);
        return 0;
    }
    snprintf(origin, sizeof(origin), "%.200s:%u: %s", r->path, r->line, name);
    if (r->draft->given[setting - wsub_settings])
        fail(r, "the setting is set a second time");
    else
        r->err = wsub_setting_parse(setting, origin, value, r->draft);
    return r->err == WSUB_OK;
}

static enum wsub_err fail_system(const char *path, char *err_text)
{
    snprintf(err_text, WSUB_CONFIG_ERR_BYTES, "%.200s: %s", path,
             strerror(errno));
    return WSUB_ERR_SYSTEM;
}

enum wsub_err wsub_config_read_file(const char *path,
                                    struct wsub_config_draft *draft)
{
    struct reader r = {.path = path, .draft = draft};
    int line;

    r.file = fopen(path, "re");
    if (r.file == NULL)
        return fail_system(path, draft->err_text);
    line = ini_parse_stream(read_line, &r, on_key, &r);
    if (ferror(r.file)) {
        r.err = fail_system(path, draft->err_text);
    } else if (r.err == WSUB_OK && line != 0) {
        r.line = line > 0 ? (unsigned)line : 0;
        fail(&r, "the line is not of the form NAME = VALUE");
    }
    fclose(r.file);
    return r.err;
}
