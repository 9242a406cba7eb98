#include "common/net/ares_result.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/net/egress.h"

#define FAMILY_MAX 8 /* addresses of one family that are tried */

/* True when the kernel has a way to the address; nothing is sent. */
static bool has_route(const struct ares_addrinfo_node *node)
{
    int fd = socket(node->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && connect(fd, node->ai_addr, node->ai_addrlen) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

static void add(const struct ares_addrinfo_node *node,
                struct wsub_buf *addresses)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    if (node->ai_family == AF_INET6) {
        memcpy(&v6, node->ai_addr, sizeof(v6));
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    } else {
        memcpy(&v4, node->ai_addr, sizeof(v4));
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    }
    if (addresses->len > 0)
        wsub_buf_char(addresses, ',');
    wsub_buf_str(addresses, text);
}

/* Adds what is allowed of one family; returns the first of them. */
static const struct ares_addrinfo_node *
add_family(const struct ares_addrinfo *result, int family,
           const struct wsub_egress *egress, struct wsub_buf *addresses)
{
    const struct ares_addrinfo_node *first = NULL;
    int count = 0;

    for (const struct ares_addrinfo_node *node = result->nodes;
         node != NULL && count < FAMILY_MAX; node = node->ai_next) {
        if (node->ai_family != family ||
            !wsub_egress_allows(egress, node->ai_addr))
            continue;
        add(node, addresses);
        count++;
        if (first == NULL)
            first = node;
    }
    return first;
}

static uint32_t shortest_ttl(const struct ares_addrinfo *result)
{
    int ttl_s = WSUB_NAME_TTL_MAX_S;

    for (const struct ares_addrinfo_node *node = result->nodes; node != NULL;
         node = node->ai_next)
        ttl_s = node->ai_ttl < ttl_s ? node->ai_ttl : ttl_s;
    for (const struct ares_addrinfo_cname *cname = result->cnames;
         cname != NULL; cname = cname->next)
        ttl_s = cname->ttl < ttl_s ? cname->ttl : ttl_s;
    return ttl_s > 0 ? (uint32_t)ttl_s : 0;
}

static enum wsub_name_status failure(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return WSUB_NAME_UNKNOWN;
    case ARES_ETIMEOUT:
        return WSUB_NAME_TIMEOUT;
    default:
        return WSUB_NAME_FAILED;
    }
}

enum wsub_name_status wsub_ares_result(int status,
                                       const struct ares_addrinfo *result,
                                       const struct wsub_egress *egress,
                                       struct wsub_buf *addresses,
                                       uint32_t *ret_ttl_s)
{
    const struct ares_addrinfo_node *v6;
    struct wsub_buf v6_text = {0};

    if (status != ARES_SUCCESS)
        return failure(status);
    if (result->nodes == NULL)
        return WSUB_NAME_UNKNOWN;
    v6 = add_family(result, AF_INET6, egress, &v6_text);
    if (v6 != NULL && has_route(v6))
        wsub_buf_add(addresses, v6_text.data, v6_text.len);
    add_family(result, AF_INET, egress, addresses);
    if (addresses->len == 0 && v6 != NULL)
        wsub_buf_add(addresses, v6_text.data, v6_text.len);
    wsub_buf_done(&v6_text);
    *ret_ttl_s = shortest_ttl(result);
    return addresses->len > 0 ? WSUB_NAME_FOUND : WSUB_NAME_BLOCKED;
}
