#include "hub/ctl/order.h"

#include <stdio.h>
#include <string.h>

#include "hub/ctl/list.h"
#include "common/http/url.h"
#include "hub/ctl/request.h"

#define OPEN_MAX_S 604800 /* as the hub bounds it */

/* Says what the response does: its members, one behind the other. */
static void tell(const struct hub_ctl *ctl, const json_t *root)
{
    struct wsub_buf line = {0};
    const char *name;
    json_t *value;

    if (ctl->as_json) {
        hub_ctl_print_json(root);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)root, name, value)
    {
        if (line.len > 0)
            wsub_buf_str(&line, ", ");
        wsub_buf_printf(&line, "%s: ", name);
        hub_ctl_add_value(&line, value, HUB_CTL_TEXT, 0);
    }
    puts(wsub_buf_cstr(&line));
    wsub_buf_done(&line);
}

static enum hub_ctl_exit order(struct hub_ctl *ctl, const char *path,
                               json_t *body)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_order(ctl->client, "POST", path, body, &root);

    if (exit_code == HUB_CTL_DONE)
        tell(ctl, root);
    json_decref(root);
    return exit_code;
}

static json_t *subscription_of(const struct hub_ctl *ctl)
{
    return json_pack("{s:s, s:s}", "topic", ctl->words[0], "callback",
                     ctl->words[1]);
}

enum hub_ctl_exit hub_ctl_pause(struct hub_ctl *ctl)
{
    return order(ctl, "/admin/subscriptions/pause", subscription_of(ctl));
}

enum hub_ctl_exit hub_ctl_resume(struct hub_ctl *ctl)
{
    return order(ctl, "/admin/subscriptions/resume", subscription_of(ctl));
}

enum hub_ctl_exit hub_ctl_due(struct hub_ctl *ctl)
{
    return order(ctl, "/admin/subscriptions/due", subscription_of(ctl));
}

enum hub_ctl_exit hub_ctl_test(struct hub_ctl *ctl)
{
    return order(ctl, "/admin/subscriptions/test", subscription_of(ctl));
}

enum hub_ctl_exit hub_ctl_delete(struct hub_ctl *ctl)
{
    json_t *body = subscription_of(ctl);
    const char *reason = hub_ctl_value(ctl, "reason");

    if (hub_ctl_value(ctl, "untold") != NULL)
        json_object_set_new(body, "tell", json_false());
    if (reason != NULL)
        json_object_set_new(body, "reason", json_string(reason));
    return order(ctl, "/admin/subscriptions/delete", body);
}

enum hub_ctl_exit hub_ctl_deliver_again(struct hub_ctl *ctl)
{
    json_t *body = json_object();
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    if (ctl->words[1] != NULL)
        json_object_set_new(body, "callback", json_string(ctl->words[1]));
    wsub_buf_str(&path, "/admin/topic-events/");
    wsub_url_encode(&path, ctl->words[0]);
    wsub_buf_str(&path, "/deliver");
    exit_code = order(ctl, path.data, body);
    wsub_buf_done(&path);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_host_open(struct hub_ctl *ctl)
{
    json_t *body = json_pack("{s:s}", "host", ctl->words[0]);
    long long seconds = 0;

    if (!hub_ctl_number(ctl, "seconds", 1, OPEN_MAX_S, &seconds)) {
        json_decref(body);
        return HUB_CTL_USAGE;
    }
    if (seconds > 0)
        json_object_set_new(body, "seconds", json_integer(seconds));
    return order(ctl, "/admin/hosts/open", body);
}

enum hub_ctl_exit hub_ctl_host_close(struct hub_ctl *ctl)
{
    return order(ctl, "/admin/hosts/close",
                 json_pack("{s:s}", "host", ctl->words[0]));
}

enum hub_ctl_exit hub_ctl_restart(struct hub_ctl *ctl)
{
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&path, "/admin/instances/");
    wsub_url_encode(&path, ctl->words[0]);
    wsub_buf_str(&path, "/restart");
    exit_code = order(ctl, path.data, NULL);
    wsub_buf_done(&path);
    return exit_code;
}

/* Of dead letters the API takes forms. */

static void add_field(struct wsub_buf *form, const struct hub_ctl *ctl,
                      const char *option, const char *name)
{
    const char *value = hub_ctl_value(ctl, option);

    if (value == NULL)
        return;
    wsub_buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
    wsub_url_encode(form, value[0] != '\0' ? value : "true");
}

static enum hub_ctl_exit order_letters(struct hub_ctl *ctl, const char *path)
{
    struct hub_ctl_response response;
    struct wsub_buf form = {0};
    enum hub_ctl_exit exit_code;
    json_t *root;

    add_field(&form, ctl, "id", "id");
    add_field(&form, ctl, "topic", "hub.topic");
    add_field(&form, ctl, "callback", "hub.callback");
    add_field(&form, ctl, "all", "all");
    exit_code = hub_ctl_send(ctl->client, "POST", path,
                             "application/x-www-form-urlencoded",
                             wsub_buf_cstr(&form), form.len, &response);
    wsub_buf_done(&form);
    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    root =
        json_loadb(wsub_buf_cstr(&response.body), response.body.len, 0, NULL);
    if (response.status == 200 && root != NULL)
        tell(ctl, root);
    else
        exit_code = hub_ctl_tell(&response);
    json_decref(root);
    hub_ctl_response_done(&response);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_letters_replay(struct hub_ctl *ctl)
{
    return order_letters(ctl, "/admin/dead-letters/replay");
}

enum hub_ctl_exit hub_ctl_letters_purge(struct hub_ctl *ctl)
{
    return order_letters(ctl, "/admin/dead-letters/purge");
}
