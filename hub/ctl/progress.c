#include "hub/ctl/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/http/url.h"
#include "common/store/reshard/order.h"
#include "hub/ctl/list.h"
#include "hub/ctl/request.h"
#include "hub/ctl/wait.h"

#define BAR_WIDTH 40

void hub_ctl_bar(const char *what, int percent, const char *detail)
{
    static const char full[] = "########################################";
    int filled = percent * BAR_WIDTH / 100;

    fprintf(stderr, "%s%s [%-*.*s] %3d%% %s%s",
            isatty(STDERR_FILENO) ? "\r" : "", what, BAR_WIDTH, filled, full,
            percent, detail, isatty(STDERR_FILENO) ? "\033[K" : "\n");
}

void hub_ctl_bar_end(void)
{
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

/* What is waited for. */
struct progress {
    const char *what;
    struct wsub_buf path; /* owned */
    void (*describe)(const json_t *state, struct wsub_buf *out);
    bool (*goes_on)(const json_t *state);
};

static long long number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value != NULL ? value : "";
}

static void draw(const struct progress *progress, const json_t *state)
{
    struct wsub_buf detail = {0};

    progress->describe(state, &detail);
    hub_ctl_bar(progress->what, (int)number(state, "percent"), detail.data);
    wsub_buf_done(&detail);
}

/* Looks until it is over; draws each change.  *ret_state is the last one, the
 * caller's; NULL when there was none. */
static enum hub_ctl_exit wait_for(struct hub_ctl *ctl,
                                  const struct progress *progress,
                                  json_t **ret_state)
{
    struct hub_ctl_wait wait = {0};
    enum hub_ctl_exit exit_code;
    json_t *state = NULL, *next;
    long long drawn = -1;
    bool goes_on = true;

    for (;;) {
        exit_code = hub_ctl_wait_get(ctl, progress->path.data, false, &next);
        if (exit_code != HUB_CTL_DONE)
            break;
        goes_on = progress->goes_on(next);
        if (!ctl->as_json && (!goes_on || number(next, "percent") > drawn)) {
            drawn = number(next, "percent");
            draw(progress, next);
        }
        if (goes_on)
            hub_ctl_wait_next(&wait, ctl, !json_equal(state, next));
        json_decref(state);
        state = next;
        if (!goes_on)
            break;
    }
    if (drawn >= 0)
        hub_ctl_bar_end();
    if (state != NULL && ctl->as_json)
        hub_ctl_print_json(state);
    *ret_state = state;
    hub_ctl_wait_done(&wait);
    return exit_code;
}

/* Replays. */

static void describe_replay(const json_t *replay, struct wsub_buf *out)
{
    wsub_buf_printf(out, "%lld events, %lld deliveries",
                    number(replay, "events"), number(replay, "deliveries"));
}

static bool replay_goes_on(const json_t *replay)
{
    return strcmp(text(replay, "state"), "running") == 0;
}

static enum hub_ctl_exit wait_for_replay(struct hub_ctl *ctl, const char *id)
{
    struct progress progress = {.what = "replay",
                                .describe = describe_replay,
                                .goes_on = replay_goes_on};
    enum hub_ctl_exit exit_code;
    json_t *state = NULL;

    wsub_buf_str(&progress.path, "/admin/replay/");
    wsub_url_encode(&progress.path, id);
    exit_code = wait_for(ctl, &progress, &state);
    if (exit_code == HUB_CTL_DONE &&
        strcmp(text(state, "state"), "cancelled") == 0) {
        fputs("websub-hub ctl: the replay was cancelled.\n", stderr);
        exit_code = HUB_CTL_REFUSED;
    }
    json_decref(state);
    wsub_buf_done(&progress.path);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_replay(struct hub_ctl *ctl)
{
    json_t *body =
        json_pack("{s:s, s:s}", "topic", ctl->words[0], "from", ctl->words[1]);
    const char *callback = hub_ctl_value(ctl, "callback"), *id;
    json_t *root = NULL;
    enum hub_ctl_exit exit_code;

    if (ctl->words[2] != NULL)
        json_object_set_new(body, "to", json_string(ctl->words[2]));
    if (callback != NULL)
        json_object_set_new(body, "callback", json_string(callback));
    exit_code =
        hub_ctl_order(ctl->client, "POST", "/admin/replay", body, &root);
    id = json_string_value(json_object_get(root, "id"));
    if (exit_code == HUB_CTL_DONE && hub_ctl_value(ctl, "no-wait") != NULL)
        ctl->as_json ? hub_ctl_print_json(root) : (void)puts(id);
    else if (exit_code == HUB_CTL_DONE)
        exit_code = wait_for_replay(ctl, id);
    json_decref(root);
    return exit_code;
}

/* Another number of shards. */

static void describe_reshard(const json_t *reshard, struct wsub_buf *out)
{
    wsub_buf_printf(out, "%s, %lld keys", text(reshard, "state"),
                    number(reshard, "keys"));
}

static bool reshard_goes_on(const json_t *reshard)
{
    const char *state = text(reshard, "state");

    return strcmp(state, "done") != 0 && strcmp(state, "failed") != 0;
}

static enum hub_ctl_exit wait_for_reshard(struct hub_ctl *ctl)
{
    struct progress progress = {.what = "reshard",
                                .describe = describe_reshard,
                                .goes_on = reshard_goes_on};
    enum hub_ctl_exit exit_code;
    json_t *state = NULL;

    wsub_buf_str(&progress.path, "/admin/reshard");
    exit_code = wait_for(ctl, &progress, &state);
    if (exit_code == HUB_CTL_DONE &&
        strcmp(text(state, "state"), "failed") == 0) {
        fprintf(stderr, "websub-hub ctl: %s\n", text(state, "why"));
        exit_code = HUB_CTL_REFUSED;
    }
    json_decref(state);
    wsub_buf_done(&progress.path);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_reshard(struct hub_ctl *ctl)
{
    long long shards;
    json_t *root = NULL;
    enum hub_ctl_exit exit_code;

    if (!hub_ctl_read_number(ctl->words[0], "reshard", 1, WSUB_SHARDS_MAX,
                             &shards))
        return HUB_CTL_USAGE;
    exit_code =
        hub_ctl_order(ctl->client, "POST", "/admin/reshard",
                      json_pack("{s:I}", "shards", (json_int_t)shards), &root);
    if (exit_code == HUB_CTL_DONE && hub_ctl_value(ctl, "no-wait") != NULL)
        hub_ctl_print_json(root);
    else if (exit_code == HUB_CTL_DONE)
        exit_code = wait_for_reshard(ctl);
    json_decref(root);
    return exit_code;
}
