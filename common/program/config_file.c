/* config_file.c - the file of settings: NAME = VALUE in each line.
 *
 *   # a comment, and so is a line that begins with ;
 *   shards = 8
 *   admin_token = "a value; with blanks"   ; a comment behind a blank
 *
 * A value may stand in quotes, double or single, which are no part of it.  A
 * line may be of any length, and be indented; ':' stands for '=' as well. */
#include "common/program/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/program/config_table.h"

#define ORIGIN_BYTES 256
#define BOM "\357\273\277" /* what some editors put before the first line */
#define BLANKS " \t\r\n\v\f"

struct reader {
    const char *path;                /* borrowed */
    struct wsub_config_draft *draft; /* borrowed */
    unsigned line;                   /* the one read last, from 1 */
};

static enum wsub_err fail(struct reader *r, const char *problem)
{
    snprintf(r->draft->err_text, WSUB_CONFIG_ERR_BYTES, "%.200s:%u: %s",
             r->path, r->line, problem);
    return WSUB_ERR_INVALID;
}

static enum wsub_err fail_unknown(struct reader *r, const char *name)
{
    const struct wsub_setting *guess = wsub_setting_guess(name);
    char problem[256];

    if (guess != NULL)
        snprintf(problem, sizeof(problem),
                 "'%.64s' is no setting; did you mean %s?", name, guess->name);
    else
        snprintf(problem, sizeof(problem), "'%.64s' is no setting; try --help",
                 name);
    return fail(r, problem);
}

static void cut_blanks(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
        len--;
    text[len] = '\0';
}

/* A comment begins with ';' at the beginning, or behind a blank. */
static void cut_comment(char *text)
{
    for (char *at = strchr(text, ';'); at != NULL; at = strchr(at + 1, ';'))
        if (at == text || strchr(BLANKS, at[-1]) != NULL) {
            *at = '\0';
            return;
        }
}

/* Takes the quotes from a value; returns what is wrong, NULL when nothing is. */
static const char *unquote(char **value)
{
    char quote = **value;
    char *end;

    if (quote != '"' && quote != '\'') {
        cut_comment(*value);
        cut_blanks(*value);
        return NULL;
    }
    end = strchr(*value + 1, quote);
    if (end == NULL)
        return "the value begins with a quote that is not closed";
    *end++ = '\0';
    cut_comment(end);
    if (end[strspn(end, BLANKS)] != '\0')
        return "there is more behind the quoted value";
    (*value)++;
    return NULL;
}

static enum wsub_err take_pair(struct reader *r, const char *name, char *value)
{
    const struct wsub_setting *setting = wsub_setting_find(name, strlen(name));
    char origin[ORIGIN_BYTES];
    const char *problem;

    if (setting == NULL)
        return fail_unknown(r, name);
    if (r->draft->given[setting - wsub_settings])
        return fail(r, "the setting is set a second time");
    problem = unquote(&value);
    if (problem != NULL)
        return fail(r, problem);
    snprintf(origin, sizeof(origin), "%.200s:%u: %s", r->path, r->line, name);
    return wsub_setting_parse(setting, origin, value, r->draft);
}

/* `line` has `len` bytes, with its end. */
static enum wsub_err take_line(struct reader *r, char *line, size_t len)
{
    char *separator;

    if (strlen(line) != len)
        return fail(r, "the line holds a zero byte");
    if (r->line == 1 && strncmp(line, BOM, strlen(BOM)) == 0)
        line += strlen(BOM);
    line += strspn(line, BLANKS);
    if (*line == '\0' || *line == '#' || *line == ';')
        return WSUB_OK;
    if (*line == '[')
        return fail(r, "the file has no sections, only lines NAME = VALUE");
    separator = strpbrk(line, "=:");
    if (separator == NULL)
        return fail(r, "the line is not of the form NAME = VALUE");
    *separator++ = '\0';
    cut_blanks(line);
    return take_pair(r, line, separator + strspn(separator, BLANKS));
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
    FILE *file = fopen(path, "re");
    char bytes[BUFSIZ]; /* of the file, which may be secret */
    enum wsub_err err = WSUB_OK;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    if (file == NULL)
        return fail_system(path, draft->err_text);
    setvbuf(file, bytes, _IOFBF, sizeof(bytes));
    while (err == WSUB_OK && (len = getline(&line, &size, file)) >= 0) {
        r.line++;
        err = take_line(&r, line, (size_t)len);
    }
    if (err == WSUB_OK && ferror(file))
        err = fail_system(path, draft->err_text);
    if (line != NULL)
        OPENSSL_cleanse(line, size);
    free(line);
    fclose(file);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return err;
}
