#include "hub/ctl/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/base/mem.h"
#include "common/crypto/secret_file.h"
#include "common/http/url.h"

#define CONNECT_TIMEOUT_S 10L
#define BODY_MAX_BYTES (64u << 20) /* no page of the API comes near it */
#define TOKEN_VARIABLE "WEBSUB_ADMIN_TOKEN"

struct hub_ctl_client {
    CURL *easy;
    char *url;    /* owned; for people, without a slash at its end */
    char *socket; /* owned; NULL: none */
    struct wsub_buf authority; /* owned; the header; "" without a token */
    bool is_quiet;
    long status; /* of the last response; 0: there was none */
};

struct sink {
    struct wsub_buf *body;      /* of a response that is kept */
    hub_ctl_piece_cb *on_piece; /* NULL: all of it is kept */
    void *arg;
    CURL *easy;
};

/* The client. */

/* The last word of the first line: TOKEN, or NAME TOKEN. */
static const char *take_line(const char *line, void *arg)
{
    struct wsub_buf *header = arg;
    const char *token = line + strcspn(line, " \t");

    token += strspn(token, " \t");
    if (header->len == 0)
        wsub_buf_printf(header, "Authorization: Bearer %s",
                        *token != '\0' ? token : line);
    return NULL;
}

static bool take_token(struct hub_ctl_client *client, const char *token_file)
{
    const char *token = getenv(TOKEN_VARIABLE);
    char err_text[256] = "";

    if (token_file == NULL) {
        if (token != NULL && token[0] != '\0')
            take_line(token, &client->authority);
        return true;
    }
    if (wsub_secret_file_read(token_file, "token file", take_line,
                              &client->authority, err_text) == WSUB_OK)
        return true;
    fprintf(stderr, "websub-hub ctl: %s\n", err_text);
    return false;
}

static void take_url(struct hub_ctl_client *client, const char *url)
{
    static const char unix_scheme[] = "unix:";
    size_t len = strlen(url);

    if (strncmp(url, unix_scheme, sizeof(unix_scheme) - 1) == 0) {
        client->socket = wsub_strdup(url + sizeof(unix_scheme) - 1);
        client->url = wsub_strdup("http://localhost");
        return;
    }
    client->url = wsub_strdup(url);
    while (len > 0 && client->url[len - 1] == '/')
        client->url[--len] = '\0';
}

struct hub_ctl_client *hub_ctl_client_new(const char *url,
                                          const char *token_file)
{
    struct hub_ctl_client *client = wsub_calloc(1, sizeof(*client));

    client->easy = curl_easy_init();
    if (client->easy == NULL)
        wsub_panic("out of memory (libcurl)");
    take_url(client, url);
    if (take_token(client, token_file))
        return client;
    hub_ctl_client_free(client);
    return NULL;
}

void hub_ctl_client_free(struct hub_ctl_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    if (client->authority.data != NULL)
        explicit_bzero(client->authority.data, client->authority.len);
    wsub_buf_done(&client->authority);
    free(client->url);
    free(client->socket);
    free(client);
}

const char *hub_ctl_client_url(const struct hub_ctl_client *client)
{
    return client->socket != NULL ? client->socket : client->url;
}

void hub_ctl_client_tells(struct hub_ctl_client *client, bool tells)
{
    client->is_quiet = !tells;
}

long hub_ctl_client_status(const struct hub_ctl_client *client)
{
    return client->status;
}

/* A request. */

static size_t on_bytes(char *bytes, size_t one, size_t len, void *arg)
{
    const struct sink *sink = arg;
    long status = 0;

    (void)one;
    curl_easy_getinfo(sink->easy, CURLINFO_RESPONSE_CODE, &status);
    if (sink->on_piece != NULL && status == 200)
        return sink->on_piece(bytes, len, sink->arg) ? len : 0;
    if (sink->body->len + len > BODY_MAX_BYTES)
        return 0;
    wsub_buf_add(sink->body, bytes, len);
    return len;
}

static struct curl_slist *headers_of(const struct hub_ctl_client *client,
                                     const char *content_type)
{
    struct curl_slist *headers =
        curl_slist_append(NULL, "Accept: application/json");
    struct wsub_buf type = {0};

    if (client->authority.len > 0)
        headers = curl_slist_append(headers, client->authority.data);
    if (content_type != NULL) {
        wsub_buf_printf(&type, "Content-Type: %s", content_type);
        headers = curl_slist_append(headers, type.data);
    }
    headers = curl_slist_append(headers, "Expect:");
    wsub_buf_done(&type);
    return headers;
}

static void set_up(struct hub_ctl_client *client, const char *method,
                   const char *url, struct sink *sink)
{
    CURL *easy = client->easy;

    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, sink);
    if (client->socket != NULL)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->socket);
}

static enum hub_ctl_exit perform(struct hub_ctl_client *client)
{
    CURLcode code = curl_easy_perform(client->easy);

    if (code == CURLE_OK || code == CURLE_WRITE_ERROR)
        return HUB_CTL_DONE;
    if (client->is_quiet)
        return HUB_CTL_UNREACHED;
    fprintf(stderr,
            "websub-hub ctl: no response from %s: %s.\nIs the hub running "
            "there? --url names another one (or WEBSUB_CTL_URL).\n",
            hub_ctl_client_url(client), curl_easy_strerror(code));
    return HUB_CTL_UNREACHED;
}

static long status_of(struct hub_ctl_client *client)
{
    long status = 0;

    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static enum hub_ctl_exit send_to(struct hub_ctl_client *client,
                                 const char *method, const char *path,
                                 const char *content_type, const char *body,
                                 size_t len, struct sink *sink)
{
    struct curl_slist *headers =
        headers_of(client, body != NULL ? content_type : NULL);
    struct wsub_buf url = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_printf(&url, "%s%s", client->url, path);
    sink->easy = client->easy;
    set_up(client, method, url.data, sink);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
    if (body != NULL) {
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)len);
    }
    exit_code = perform(client);
    client->status = exit_code == HUB_CTL_DONE ? status_of(client) : 0;
    curl_slist_free_all(headers);
    wsub_buf_done(&url);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_send(struct hub_ctl_client *client,
                               const char *method, const char *path,
                               const char *content_type, const char *body,
                               size_t len, struct hub_ctl_response *response)
{
    struct sink sink = {.body = &response->body};
    enum hub_ctl_exit exit_code;

    *response = (struct hub_ctl_response){0};
    exit_code = send_to(client, method, path, content_type, body, len, &sink);
    response->status = client->status;
    if (exit_code != HUB_CTL_DONE)
        hub_ctl_response_done(response);
    return exit_code;
}

void hub_ctl_response_done(struct hub_ctl_response *response)
{
    wsub_buf_done(&response->body);
}

enum hub_ctl_exit hub_ctl_stream(struct hub_ctl_client *client,
                                 const char *path, hub_ctl_piece_cb *on_piece,
                                 void *arg)
{
    struct hub_ctl_response response = {0};
    struct sink sink = {
        .body = &response.body, .on_piece = on_piece, .arg = arg};
    enum hub_ctl_exit exit_code =
        send_to(client, "GET", path, NULL, NULL, 0, &sink);

    response.status = client->status;
    if (exit_code == HUB_CTL_DONE && response.status != 200)
        exit_code = hub_ctl_tell(&response);
    hub_ctl_response_done(&response);
    return exit_code;
}

/* Responses in JSON. */

/* The detail of each error. */
static bool tell_errors(const json_t *root)
{
    const json_t *errors = json_object_get(root, "errors"), *error;
    size_t i;

    json_array_foreach(errors, i, error)
        fprintf(stderr, "websub-hub ctl: %s\n",
                json_string_value(json_object_get(error, "detail")));
    return json_array_size(errors) > 0;
}

enum hub_ctl_exit hub_ctl_tell(const struct hub_ctl_response *response)
{
    json_t *root =
        json_loadb(wsub_buf_cstr(&response->body), response->body.len, 0, NULL);

    if (!tell_errors(root))
        fprintf(stderr, "websub-hub ctl: the response was %ld %.200s\n",
                response->status, wsub_buf_cstr(&response->body));
    if (response->status == 401)
        fputs("Name a file with a token of the admin API by --token-file.\n",
              stderr);
    json_decref(root);
    return HUB_CTL_REFUSED;
}

static enum hub_ctl_exit take_json(struct hub_ctl_response *response,
                                   bool is_quiet, json_t **ret_root)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code = HUB_CTL_DONE;

    if (response->status >= 200 && response->status < 300)
        root = json_loadb(wsub_buf_cstr(&response->body), response->body.len,
                          JSON_DECODE_ANY, NULL);
    if (root != NULL)
        *ret_root = root;
    else
        exit_code = is_quiet ? HUB_CTL_REFUSED : hub_ctl_tell(response);
    hub_ctl_response_done(response);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_get(struct hub_ctl_client *client, const char *path,
                              json_t **ret_root)
{
    return hub_ctl_order(client, "GET", path, NULL, ret_root);
}

enum hub_ctl_exit hub_ctl_order(struct hub_ctl_client *client,
                                const char *method, const char *path,
                                json_t *body, json_t **ret_root)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    struct hub_ctl_response response;
    enum hub_ctl_exit exit_code =
        hub_ctl_send(client, method, path, "application/json", text,
                     text != NULL ? strlen(text) : 0, &response);

    free(text);
    json_decref(body);
    return exit_code == HUB_CTL_DONE
               ? take_json(&response, client->is_quiet, ret_root)
               : exit_code;
}

void hub_ctl_add_query(struct wsub_buf *path, const char *name,
                       const char *value)
{
    wsub_buf_printf(path, "%c%s=", strchr(path->data, '?') != NULL ? '&' : '?',
                    name);
    wsub_url_encode(path, value);
}
