#include "hub/pull/frame.h"

#include <inttypes.h>
#include <string.h>

#include "hub/pull/message.h"

/* Adds each line of a text. */
static void add_lines(struct wsub_buf *out, const char *text, size_t len)
{
    const char *end = text + len;
    bool more = true;

    while (more) {
        size_t line = 0;

        while (text + line < end && text[line] != '\n' && text[line] != '\r')
            line++;
        wsub_buf_str(out, "data: ");
        wsub_buf_add(out, text, line);
        wsub_buf_char(out, '\n');
        more = text + line < end;
        text += line + (more ? 1 : 0);
        if (more && text[-1] == '\r' && text < end && *text == '\n')
            text++;
    }
}

static void make(struct hub_pull_event *event)
{
    struct wsub_buf *out = &event->frame;
    char id[WSUB_PLACE_BYTES];
    bool is_text = hub_pull_is_text(event);

    wsub_place_text(&event->place, id);
    wsub_buf_printf(out, "id: %s\nevent: %s%s\n", id, event->topic,
                    is_text ? "" : ";base64");
    if (is_text) {
        add_lines(out, event->body, event->body_bytes);
    } else {
        wsub_buf_str(out, "data: ");
        hub_pull_base64(event, out);
        wsub_buf_char(out, '\n');
    }
    wsub_buf_char(out, '\n');
}

const struct wsub_buf *hub_pull_frame(struct hub_pull_event *event)
{
    if (event->frame.len == 0)
        make(event);
    return &event->frame;
}

void hub_pull_frame_gap(struct wsub_buf *out, uint64_t missed)
{
    wsub_buf_printf(out, "event: gap\ndata: {\"missed\":%" PRIu64 "}\n\n",
                    missed);
}
