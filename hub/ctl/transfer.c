#include "hub/ctl/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub/ctl/request.h"

#define PART_LINES 500
#define PART_BYTES 524288
#define LINES_TYPE "application/x-ndjson"

/* Out. */

static bool on_piece(const char *bytes, size_t len, void *arg)
{
    (void)arg;
    return fwrite(bytes, 1, len, stdout) == len;
}

enum hub_ctl_exit hub_ctl_export(struct hub_ctl *ctl)
{
    return hub_ctl_stream(ctl->client,
                          hub_ctl_value(ctl, "secrets") != NULL
                              ? "/admin/export?secrets=true"
                              : "/admin/export",
                          on_piece, NULL);
}

/* In. */

struct import {
    struct hub_ctl *ctl;
    const char *name; /* for people */
    FILE *file;
    off_t size; /* 0: not known */
    struct wsub_buf part;
    unsigned long long lines, first; /* read; the first one of the part */
    unsigned long long imported, unchanged, refused;
};

static json_int_t number(const json_t *root, const char *name)
{
    return json_integer_value(json_object_get(root, name));
}

static void tell_refused(const struct import *import, const json_t *errors)
{
    const json_t *error;
    size_t i;

    json_array_foreach(errors, i, error)
        fprintf(stderr, "line %llu: %s\n",
                import->first + (unsigned long long)number(error, "line") - 1,
                json_string_value(json_object_get(error, "detail")));
}

static void tell_progress(const struct import *import)
{
    off_t at = ftello(import->file);

    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%llu lines", import->lines);
    if (import->size > 0 && at > 0)
        fprintf(stderr, ", %d%%", (int)(at * 100 / import->size));
    fputs("\033[K", stderr);
}

static enum hub_ctl_exit send_part(struct import *import)
{
    struct hub_ctl_response response;
    enum hub_ctl_exit exit_code;
    json_t *root;

    if (import->part.len == 0)
        return HUB_CTL_DONE;
    exit_code =
        hub_ctl_send(import->ctl->client, "POST", "/admin/import", LINES_TYPE,
                     import->part.data, import->part.len, &response);
    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    root =
        json_loadb(wsub_buf_cstr(&response.body), response.body.len, 0, NULL);
    if (response.status == 200 && root != NULL) {
        import->imported += (unsigned long long)number(root, "imported");
        import->unchanged += (unsigned long long)number(root, "unchanged");
        import->refused += (unsigned long long)number(root, "refused");
        tell_refused(import, json_object_get(root, "errors"));
        tell_progress(import);
    } else {
        exit_code = hub_ctl_tell(&response);
    }
    json_decref(root);
    hub_ctl_response_done(&response);
    wsub_buf_clear(&import->part);
    import->first = import->lines + 1;
    return exit_code;
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static enum hub_ctl_exit tell_unreadable(const struct import *import, int err)
{
    end_progress();
    fprintf(stderr, "websub-hub ctl: %s: %s\n", import->name, strerror(err));
    return HUB_CTL_USAGE;
}

/* Of a file that can't be read to its end the last part is not sent: its last line
 * may be cut. */
static enum hub_ctl_exit send_all(struct import *import)
{
    enum hub_ctl_exit exit_code = HUB_CTL_DONE;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int err = 0;

    import->first = 1;
    while (exit_code == HUB_CTL_DONE) {
        errno = 0;
        len = getline(&line, &room, import->file);
        err = errno;
        if (len <= 0 || ferror(import->file))
            break;
        wsub_buf_add(&import->part, line, (size_t)len);
        import->lines++;
        if (import->lines - import->first + 1 == PART_LINES ||
            import->part.len >= PART_BYTES)
            exit_code = send_part(import);
    }
    if (exit_code == HUB_CTL_DONE)
        exit_code = feof(import->file) && !ferror(import->file)
                        ? send_part(import)
                        : tell_unreadable(import, err);
    if (line != NULL)
        explicit_bzero(line, room); /* it may have a secret */
    free(line);
    return exit_code;
}

static void sum_up(const struct import *import)
{
    end_progress();
    if (import->ctl->as_json)
        printf("{\"imported\":%llu,\"unchanged\":%llu,\"refused\":%llu}\n",
               import->imported, import->unchanged, import->refused);
    else
        printf("%llu imported, %llu unchanged, %llu refused\n",
               import->imported, import->unchanged, import->refused);
}

enum hub_ctl_exit hub_ctl_import(struct hub_ctl *ctl)
{
    const char *name = ctl->words[0];
    struct import import = {
        .ctl = ctl, .name = "standard input", .file = stdin};
    enum hub_ctl_exit exit_code;

    if (name != NULL && strcmp(name, "-") != 0) {
        import.name = name;
        import.file = fopen(name, "re");
    }
    if (import.file == NULL)
        return tell_unreadable(&import, errno);
    if (import.file != stdin && fseeko(import.file, 0, SEEK_END) == 0) {
        import.size = ftello(import.file);
        rewind(import.file);
    }
    exit_code = send_all(&import);
    sum_up(&import);
    if (exit_code == HUB_CTL_DONE && import.refused > 0)
        exit_code = HUB_CTL_REFUSED;
    if (import.part.data != NULL)
        explicit_bzero(import.part.data, import.part.cap);
    wsub_buf_done(&import.part);
    if (import.file != stdin)
        fclose(import.file);
    return exit_code;
}
