#include "common/http/response.h"

#include <stdio.h>

#define LINES_MAX_BYTES 256 /* of the server's own lines, for one reserve */

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *phrase_of(int status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Status";
}

/* RFC 9110 section 5.6.7, whatever the locale. */
static const char *date_now(struct wsub_http_date *date)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm utc;

    if (now != date->second || date->text[0] == '\0') {
        gmtime_r(&now, &utc);
        snprintf(date->text, sizeof(date->text),
                 "%s, %02u %s %04u %02u:%02u:%02u GMT", days[utc.tm_wday],
                 (unsigned)utc.tm_mday % 100, months[utc.tm_mon],
                 (unsigned)(utc.tm_year + 1900) % 10000,
                 (unsigned)utc.tm_hour % 100, (unsigned)utc.tm_min % 100,
                 (unsigned)utc.tm_sec % 100);
        date->second = now;
    }
    return date->text;
}

static void add_line(struct wsub_buf *out, const char *name, const char *value)
{
    wsub_buf_str(out, name);
    wsub_buf_str(out, value);
    wsub_buf_add(out, "\r\n", 2);
}

static void add_status_line(struct wsub_buf *out, int status)
{
    wsub_buf_str(out, "HTTP/1.1 ");
    wsub_buf_u64(out, (uint64_t)status);
    wsub_buf_char(out, ' ');
    add_line(out, phrase_of(status), "");
}

/* RFC 9110 section 8.6: 204 has no length, 304 none that we know. */
static bool has_body(int status)
{
    return status != 204 && status != 304;
}

static void add_framing(struct wsub_buf *out,
                        const struct wsub_http_response_message *response)
{
    if (response->chunked) {
        add_line(out, "Transfer-Encoding: ", "chunked");
    } else if (has_body(response->status) && !response->endless) {
        wsub_buf_str(out, "Content-Length: ");
        wsub_buf_u64(out, response->len);
        wsub_buf_add(out, "\r\n", 2);
    }
}

void wsub_http_response_add(struct wsub_buf *out, struct wsub_http_date *date,
                            const struct wsub_http_response_message *response)
{
    wsub_buf_reserve(out, LINES_MAX_BYTES + response->len);
    add_status_line(out, response->status);
    add_line(out, "Date: ", date_now(date));
    if (response->content_type != NULL)
        add_line(out, "Content-Type: ", response->content_type);
    if (response->headers != NULL)
        wsub_buf_add(out, response->headers->data, response->headers->len);
    add_framing(out, response);
    if (response->close)
        add_line(out, "Connection: close", "");
    else if (response->keep_alive)
        add_line(out, "Connection: keep-alive", "");
    wsub_buf_add(out, "\r\n", 2);
    if (has_body(response->status) && !response->head_only &&
        !response->endless)
        wsub_buf_add(out, response->body, response->len);
}
