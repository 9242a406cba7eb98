#include "hub/ctl/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/http/url.h"
#include "hub/ctl/list.h"
#include "hub/ctl/request.h"

#define BAR_WIDTH 40
#define LOOK_US 500000

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

static int draw(const json_t *replay)
{
    int percent = (int)json_integer_value(json_object_get(replay, "percent"));
    struct wsub_buf detail = {0};

    wsub_buf_printf(
        &detail, "%lld events, %lld deliveries",
        (long long)json_integer_value(json_object_get(replay, "events")),
        (long long)json_integer_value(json_object_get(replay, "deliveries")));
    hub_ctl_bar("replay", percent, detail.data);
    wsub_buf_done(&detail);
    return percent;
}

static bool runs(const json_t *replay)
{
    const char *state = json_string_value(json_object_get(replay, "state"));

    return state != NULL && strcmp(state, "running") == 0;
}

/* Waits for the end of the replay; draws each change. */
static enum hub_ctl_exit wait_for(struct hub_ctl *ctl, const char *id)
{
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;
    json_t *replay = NULL;
    int drawn = -1;
    bool goes_on;

    wsub_buf_str(&path, "/admin/replay/");
    wsub_url_encode(&path, id);
    do {
        json_decref(replay);
        replay = NULL;
        exit_code = hub_ctl_get(ctl->client, path.data, &replay);
        goes_on = exit_code == HUB_CTL_DONE && runs(replay);
        if (exit_code == HUB_CTL_DONE && !ctl->as_json &&
            (drawn < json_integer_value(json_object_get(replay, "percent")) ||
             !goes_on))
            drawn = draw(replay);
        if (goes_on)
            usleep(LOOK_US);
    } while (goes_on);
    if (drawn >= 0)
        hub_ctl_bar_end();
    if (replay != NULL && ctl->as_json)
        hub_ctl_print_json(replay);
    json_decref(replay);
    wsub_buf_done(&path);
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
        exit_code = wait_for(ctl, id);
    json_decref(root);
    return exit_code;
}
