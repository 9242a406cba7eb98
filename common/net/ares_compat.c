#include "common/net/ares_compat.h"

#include <stddef.h>

#if ARES_VERSION >= 0x012200

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* Datagrams that one read skips.  Of more the loop tells again. */
#define SKIPPED_MAX 64

int wsub_ares_without_cache(struct ares_options *options)
{
    options->qcache_max_ttl = 0;
    return ARES_OPT_QUERY_CACHE;
}

static ares_socket_t open_socket(int domain, int type, int protocol, void *arg)
{
    int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    int one = 1;

    (void)arg;
    if (fd >= 0 && type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
    (void)arg;
    return close(fd);
}

/* The resolver sets none, and can do without those that c-ares looks for. */
static int set_option(ares_socket_t fd, ares_socket_opt_t option,
                      const void *value, ares_socklen_t size, void *arg)
{
    (void)fd;
    (void)option;
    (void)value;
    (void)size;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address,
                          ares_socklen_t size, unsigned int flags, void *arg)
{
    (void)flags;
    (void)arg;
    return connect(fd, address, size);
}

static bool is_datagram(ares_socket_t fd)
{
    int type = 0;
    socklen_t size = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_DGRAM;
}

static bool is_message(const void *bytes, size_t len)
{
    ares_dns_record_t *record = NULL;
    bool is = ares_dns_parse(bytes, len, 0, &record) == ARES_SUCCESS;

    ares_dns_record_destroy(record);
    return is;
}

static ares_ssize_t receive(ares_socket_t fd, void *bytes, size_t max,
                            int flags, struct sockaddr *address,
                            ares_socklen_t *address_size, void *arg)
{
    bool checked = is_datagram(fd);

    (void)arg;
    for (int i = 0; i < SKIPPED_MAX; i++) {
        ssize_t got = recvfrom(fd, bytes, max, flags, address, address_size);

        if (got < 0 || !checked || is_message(bytes, (size_t)got))
            return got;
    }
    errno = EAGAIN;
    return -1;
}

static ares_ssize_t send_bytes(ares_socket_t fd, const void *bytes, size_t len,
                               int flags, const struct sockaddr *address,
                               ares_socklen_t address_size, void *arg)
{
    (void)arg;
    return sendto(fd, bytes, len, flags | MSG_NOSIGNAL, address, address_size);
}

static int get_name(ares_socket_t fd, struct sockaddr *address,
                    ares_socklen_t *size, void *arg)
{
    (void)arg;
    return getsockname(fd, address, size);
}

static unsigned int name_to_index(const char *name, void *arg)
{
    (void)arg;
    return if_nametoindex(name);
}

static const char *index_to_name(unsigned int index, char *name, size_t size,
                                 void *arg)
{
    (void)arg;
    return size >= IF_NAMESIZE ? if_indextoname(index, name) : NULL;
}

int wsub_ares_ignore_malformed(ares_channel channel)
{
    static const struct ares_socket_functions_ex functions = {
        .version = 1,
        .flags = ARES_SOCKFUNC_FLAG_NONBLOCKING,
        .asocket = open_socket,
        .aclose = close_socket,
        .asetsockopt = set_option,
        .aconnect = connect_socket,
        .arecvfrom = receive,
        .asendto = send_bytes,
        .agetsockname = get_name,
        .aif_nametoindex = name_to_index,
        .aif_indextoname = index_to_name,
    };

    return (int)ares_set_socket_functions_ex(channel, &functions, NULL);
}

/* One server between two commas. */
static uint32_t count_servers(ares_channel channel)
{
    char *servers = ares_get_servers_csv(channel);
    uint32_t count = servers != NULL && servers[0] != '\0';

    for (const char *at = servers; at != NULL && *at != '\0'; at++)
        count += *at == ',';
    ares_free_string(servers);
    return count;
}

#else

int wsub_ares_without_cache(struct ares_options *options)
{
    (void)options;
    return 0;
}

int wsub_ares_ignore_malformed(ares_channel channel)
{
    (void)channel;
    return ARES_SUCCESS;
}

static uint32_t count_servers(ares_channel channel)
{
    struct ares_addr_port_node *servers = NULL;
    uint32_t count = 0;

    if (ares_get_servers_ports(channel, &servers) == ARES_SUCCESS)
        for (struct ares_addr_port_node *s = servers; s != NULL; s = s->next)
            count++;
    ares_free_data(servers);
    return count;
}

#endif

uint32_t wsub_ares_server_count(ares_channel channel)
{
    uint32_t count = count_servers(channel);

    return count > 0 ? count : 1;
}
