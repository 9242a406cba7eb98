#include "common/http/client_options.h"

#include "common/base/config.h"

struct wsub_http_tls wsub_http_tls_of(const struct wsub_config *config)
{
    return (struct wsub_http_tls){
        .ca_file = config->callback_ca_file,
        .only_1_3 = config->tls_min_version == WSUB_TLS_1_3,
        .certificate_file = config->client_certificate_file,
        .key_file = config->client_key_file,
    };
}
