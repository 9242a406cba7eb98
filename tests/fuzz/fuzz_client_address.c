/* fuzz_client_address.c - who a client is, by the headers of proxies:
 * common/http/client_address.h.
 *
 *   Forwarded LINE-END X-Forwarded-For
 *
 * It always has an address and a name. */
#include "common/http/client_address.h"

#include <arpa/inet.h>

#include "common/net/networks.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    char *forwarded = fuzz_line(&data, &size);
    char *x_forwarded_for = fuzz_text(data, size);
    char name[WSUB_CLIENT_NAME_BYTES];
    struct wsub_client_address client;
    struct wsub_networks *proxies;

    FUZZ_CHECK(wsub_networks_parse("10.0.0.0/8, 2001:db8::/32", &proxies));
    inet_pton(AF_INET, "10.0.0.1", &peer.sin_addr);
    wsub_client_address_find(
        proxies, (struct sockaddr *)&peer,
        forwarded[0] == '\0' ? NULL : forwarded,
        x_forwarded_for[0] == '\0' ? NULL : x_forwarded_for, &client);
    FUZZ_CHECK(strlen(client.text) > 0);
    FUZZ_CHECK(strspn(client.text, "0123456789abcdef.:") ==
               strlen(client.text));
    wsub_client_address_name(&client, name);
    FUZZ_CHECK(strlen(name) < sizeof(name));
    wsub_networks_free(proxies);
    free(x_forwarded_for);
    free(forwarded);
    return 0;
}
