/* client_address.c - see client_address.h.
 *
 * A list is split from left to right, as only that way its quoted strings can be
 * told; its last nodes are kept and read from the right.  Whatever strangers
 * wrote before a proxy's own element can't make that element another valid one:
 * what follows a quoted string is a ';', a ',' or the end. */
#include "common/http/client_address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/http/listen.h"
#include "common/http/request.h"
#include "common/net/networks.h"

#define PROXIES_MAX 32 /* in a row; more than anybody has */
#define NODE_BYTES 64  /* longer than any address with a port */
#define PARAMETERS_MAX 16
#define SPACE " \t"

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

/* The last nodes of a list; node `i` is in place i modulo PROXIES_MAX. */
struct nodes {
    struct {
        char text[NODE_BYTES]; /* "": it is none */
    } last[PROXIES_MAX];
    size_t count; /* of all */
};

static void add_node(struct nodes *nodes, const char *text, size_t len)
{
    char *node = nodes->last[nodes->count++ % PROXIES_MAX].text;

    if (len >= NODE_BYTES)
        len = 0;
    memcpy(node, text, len);
    node[len] = '\0';
}

static void split_plain(const char *list, struct nodes *nodes)
{
    for (;;) {
        size_t len = strcspn(list, ","), space = strspn(list, SPACE);
        size_t end = len;

        while (end > space && strchr(SPACE, list[end - 1]) != NULL)
            end--;
        if (space < end)
            add_node(nodes, list + space, end - space);
        if (list[len] == '\0')
            return;
        list += len + 1;
    }
}

static size_t token_len(const char *text)
{
    return strspn(text, "!#$%&'*+-.^_`|~0123456789"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

/* Reads a quoted string (RFC 9110 section 5.6.4) into `value`, which is "" when
 * it is too long; returns what follows, NULL when it has no end. */
static const char *read_quoted(const char *text, char value[NODE_BYTES])
{
    size_t len = 0;

    for (text++; *text != '"'; text++) {
        if (*text == '\\')
            text++;
        if (*text == '\0')
            return NULL;
        if (len + 1 < NODE_BYTES)
            value[len] = *text;
        len++;
    }
    value[len < NODE_BYTES ? len : 0] = '\0';
    return text + 1;
}

/* Reads a value, a token or a quoted string; NULL when it is neither. */
static const char *read_value(const char *text, char value[NODE_BYTES])
{
    size_t len = token_len(text);

    if (*text == '"')
        return read_quoted(text, value);
    if (len == 0)
        return NULL;
    snprintf(value, NODE_BYTES, "%.*s", len < NODE_BYTES ? (int)len : 0, text);
    return text + len;
}

/* Reads an element of Forwarded, NAME=VALUE;NAME=VALUE; `node` is what its `for`
 * says.  Returns what follows, NULL when it is malformed. */
static const char *read_element(const char *text, char node[NODE_BYTES])
{
    char value[NODE_BYTES];
    bool has_node = false;

    for (int i = 0; i < PARAMETERS_MAX; i++) {
        size_t len = token_len(text);
        bool is_for = len == 3 && strncasecmp(text, "for", 3) == 0;

        if (len == 0 || text[len] != '=' || (is_for && has_node))
            return NULL;
        text = read_value(text + len + 1, value);
        if (text == NULL)
            return NULL;
        if (is_for)
            memcpy(node, value, NODE_BYTES);
        has_node |= is_for;
        text += strspn(text, SPACE);
        if (*text != ';')
            return *text == ',' || *text == '\0' ? text : NULL;
        text += 1 + strspn(text + 1, SPACE);
    }
    return NULL;
}

/* What follows a malformed element is part of it: nobody knows where its quoted
 * strings end. */
static void split_forwarded(const char *list, struct nodes *nodes)
{
    for (;;) {
        char node[NODE_BYTES] = "";

        list += strspn(list, "," SPACE);
        if (*list == '\0')
            return;
        list = read_element(list, node);
        if (list == NULL) {
            add_node(nodes, "", 0);
            return;
        }
        add_node(nodes, node, strlen(node));
    }
}

/* Cuts the port behind `colon` off; false when it is none.  RFC 7239 lets it
 * be hidden: `_` and a name. */
static bool cut_port(char *colon)
{
    size_t len = strlen(colon + 1);

    *colon = '\0';
    return colon[1] == '_'
               ? len > 1
               : len > 0 && len <= 5 && strspn(colon + 1, "0123456789") == len;
}

static bool parse_v4(const char *text, struct address *ret_address)
{
    *ret_address = (struct address){.v4.sin_family = AF_INET};
    return inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1;
}

static bool parse_v6(const char *text, struct address *ret_address)
{
    *ret_address = (struct address){.v6.sin6_family = AF_INET6};
    return inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1;
}

/* An IPv4 address or an IPv6 address in brackets, with or without a port; where
 * `bare`, as in X-Forwarded-For, an IPv6 address without brackets too. */
static bool parse_node(const char *node, bool bare, struct address *ret_address)
{
    char text[NODE_BYTES];
    char *colon, *bracket;

    snprintf(text, sizeof(text), "%s", node);
    if (bare && parse_v6(text, ret_address))
        return true;
    if (text[0] != '[') {
        colon = strchr(text, ':');
        return (colon == NULL || cut_port(colon)) &&
               parse_v4(text, ret_address);
    }
    bracket = strchr(text, ']');
    if (bracket == NULL ||
        (bracket[1] != '\0' && (bracket[1] != ':' || !cut_port(bracket + 1))))
        return false;
    *bracket = '\0';
    return parse_v6(text + 1, ret_address);
}

/* The address that the nodes tell of, from the right. */
static void walk(const struct wsub_networks *proxies, const struct nodes *nodes,
                 bool bare, struct address *address)
{
    size_t first = nodes->count > PROXIES_MAX ? nodes->count - PROXIES_MAX : 0;
    struct address next;

    for (size_t i = nodes->count; i > first; i--) {
        const char *text = nodes->last[(i - 1) % PROXIES_MAX].text;

        if (!parse_node(text, bare, &next))
            return;
        *address = next;
        if (!wsub_networks_has(proxies, &address->any))
            return;
    }
}

static void set_v4(const struct in_addr *v4, struct wsub_client_address *client)
{
    client->key[10] = client->key[11] = 0xff;
    memcpy(client->key + 12, v4, sizeof(*v4));
    inet_ntop(AF_INET, v4, client->text, sizeof(client->text));
}

static void set_v6(const struct in6_addr *v6,
                   struct wsub_client_address *client)
{
    struct in_addr v4;

    if (IN6_IS_ADDR_V4MAPPED(v6)) {
        memcpy(&v4, v6->s6_addr + 12, sizeof(v4));
        set_v4(&v4, client);
        return;
    }
    memcpy(client->key, v6, 8);
    inet_ntop(AF_INET6, v6, client->text, sizeof(client->text));
}

/* Of all unix sockets the same: no IPv6 network has this key. */
static void set_unix(struct wsub_client_address *client)
{
    client->key[WSUB_CLIENT_KEY_BYTES - 1] = 1;
    snprintf(client->text, sizeof(client->text), "unix");
}

static void set(const struct address *address,
                struct wsub_client_address *client)
{
    *client = (struct wsub_client_address){0};
    if (address->any.sa_family == AF_INET)
        set_v4(&address->v4.sin_addr, client);
    else if (address->any.sa_family == AF_INET6)
        set_v6(&address->v6.sin6_addr, client);
    else
        set_unix(client);
}

static struct address copy(const struct sockaddr *peer)
{
    struct address address = {.any.sa_family = peer->sa_family};

    if (peer->sa_family == AF_INET)
        memcpy(&address.v4, peer, sizeof(address.v4));
    else if (peer->sa_family == AF_INET6)
        memcpy(&address.v6, peer, sizeof(address.v6));
    return address;
}

static void read_forwarded(const struct wsub_networks *proxies,
                           const char *list, struct address *address)
{
    struct nodes nodes = {0};

    split_forwarded(list, &nodes);
    walk(proxies, &nodes, false, address);
}

static void read_plain(const struct wsub_networks *proxies, const char *list,
                       struct address *address)
{
    struct nodes nodes = {0};

    split_plain(list, &nodes);
    walk(proxies, &nodes, true, address);
}

bool wsub_client_address_find(const struct wsub_networks *proxies,
                              const struct sockaddr *peer,
                              const char *forwarded,
                              const char *x_forwarded_for,
                              struct wsub_client_address *ret_client)
{
    struct wsub_client_address other;
    struct address one = copy(peer), two = one;
    bool has_header = forwarded != NULL || x_forwarded_for != NULL;

    set(&one, ret_client);
    if (!has_header || !wsub_networks_has(proxies, peer))
        return has_header;
    if (forwarded != NULL)
        read_forwarded(proxies, forwarded, &one);
    if (x_forwarded_for != NULL)
        read_plain(proxies, x_forwarded_for, &two);
    set(forwarded != NULL ? &one : &two, &other);
    if (forwarded != NULL && x_forwarded_for != NULL) {
        struct wsub_client_address second;

        set(&two, &second);
        if (strcmp(other.text, second.text) != 0)
            return false;
    }
    *ret_client = other;
    return false;
}

static bool is_v4(const struct wsub_client_address *client)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(client->key, mapped, sizeof(mapped)) == 0;
}

void wsub_client_address_name(const struct wsub_client_address *client,
                              char ret_name[WSUB_CLIENT_NAME_BYTES])
{
    struct wsub_buf text = {0};

    if (client->key[WSUB_CLIENT_KEY_BYTES - 1] == 1 && !is_v4(client))
        wsub_buf_str(&text, "unix");
    else if (is_v4(client))
        wsub_base64url(&text, client->key + 12, 4);
    else
        wsub_base64url(&text, client->key, 8);
    snprintf(ret_name, WSUB_CLIENT_NAME_BYTES, "%s", text.data);
    wsub_buf_done(&text);
}

bool wsub_client_address_of(const struct wsub_networks *proxies,
                            const struct wsub_http_request *req,
                            struct wsub_client_address *ret_client)
{
    struct sockaddr_storage peer;
    socklen_t len;

    if (wsub_http_listen_parse(wsub_http_peer(req), &peer, &len) != WSUB_OK)
        peer = (struct sockaddr_storage){.ss_family = AF_UNIX};
    return wsub_client_address_find(proxies, (const struct sockaddr *)&peer,
                                    wsub_http_header(req, "Forwarded"),
                                    wsub_http_header(req, "X-Forwarded-For"),
                                    ret_client);
}
