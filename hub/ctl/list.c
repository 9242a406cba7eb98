#include "hub/ctl/list.h"

#include <stdio.h>
#include <string.h>

#include "hub/ctl/request.h"

#define SHOWN_DEFAULT 100
#define SHOWN_MAX 1000000000

struct shown {
    struct hub_ctl_table *table; /* NULL: as JSON */
    long long left;
    bool more; /* than may be shown */
};

void hub_ctl_print_json(const json_t *root)
{
    json_dumpf(root, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
}

/* The next page; NULL after the last one. */
static enum hub_ctl_exit read_page(struct hub_ctl *ctl, const char *path,
                                   const char *from, json_t **ret_root)
{
    struct wsub_buf target = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&target, path);
    hub_ctl_add_query(&target, "limit", "200");
    if (from != NULL)
        hub_ctl_add_query(&target, "from", from);
    exit_code = hub_ctl_get(ctl->client, target.data, ret_root);
    wsub_buf_done(&target);
    return exit_code;
}

static bool give_rows(const json_t *root, const char *array,
                      hub_ctl_row_cb *on_row, void *arg)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(root, array), i,
                       row) if (!on_row(row, arg)) return false;
    return true;
}

enum hub_ctl_exit hub_ctl_each(struct hub_ctl *ctl, const char *path,
                               const char *array, hub_ctl_row_cb *on_row,
                               void *arg)
{
    json_t *root = NULL, *next;
    enum hub_ctl_exit exit_code = read_page(ctl, path, NULL, &root);

    while (exit_code == HUB_CTL_DONE && root != NULL) {
        json_t *page = root;

        root = NULL;
        next = json_object_get(page, "next");
        if (give_rows(page, array, on_row, arg) && json_is_string(next))
            exit_code = read_page(ctl, path, json_string_value(next), &root);
        json_decref(page);
    }
    return exit_code;
}

static bool show(const json_t *row, void *arg)
{
    struct shown *shown = arg;

    shown->more = shown->left == 0;
    if (shown->more)
        return false;
    shown->left--;
    if (shown->table != NULL)
        hub_ctl_table_add(shown->table, row);
    else
        hub_ctl_print_json(row);
    return true;
}

/* The path with what was asked for. */
static void add_target(const struct hub_ctl *ctl, struct wsub_buf *path)
{
    const struct hub_ctl_command *command = ctl->command;

    wsub_buf_str(path, command->list->path);
    for (size_t i = 0; i < HUB_CTL_WORDS_MAX && ctl->words[i] != NULL; i++)
        hub_ctl_add_query(path, command->list->queries[i], ctl->words[i]);
    for (size_t i = 0; command->options[i].name != NULL; i++)
        if (command->options[i].query != NULL && ctl->values[i] != NULL)
            hub_ctl_add_query(path, command->options[i].query,
                              ctl->values[i][0] != '\0' ? ctl->values[i]
                                                        : "true");
}

enum hub_ctl_exit hub_ctl_run_list(struct hub_ctl *ctl)
{
    const struct hub_ctl_list *list = ctl->command->list;
    struct shown shown = {.left = SHOWN_DEFAULT};
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    if (!hub_ctl_number(ctl, "limit", 1, SHOWN_MAX, &shown.left))
        return HUB_CTL_USAGE;
    if (!ctl->as_json)
        shown.table = hub_ctl_table_new(list->columns, hub_ctl_now_ms());
    add_target(ctl, &path);
    exit_code = hub_ctl_each(ctl, path.data, list->array, show, &shown);
    if (exit_code == HUB_CTL_DONE && shown.table != NULL) {
        if (hub_ctl_table_rows(shown.table) > 0)
            hub_ctl_table_print(shown.table, stdout, hub_ctl_width());
        else
            puts(list->none);
    }
    if (shown.more)
        fputs("There are more: --limit says how many are shown.\n", stderr);
    hub_ctl_table_free(shown.table);
    wsub_buf_done(&path);
    return exit_code;
}
