#include "hub/json.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/mem.h"
#include "common/http/respond.h"

void hub_json_respond_status(struct wsub_http_request *req, int status,
                             json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);

    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    wsub_http_respond(req, status, "application/json", text, strlen(text));
    free(text);
    json_decref(root);
}

void hub_json_respond(struct wsub_http_request *req, json_t *root)
{
    hub_json_respond_status(req, 200, root);
}

json_t *hub_json_text(const char *text)
{
    json_t *string;

    if (text == NULL)
        return json_null();
    string = json_string(text);
    return string != NULL ? string : json_string("");
}

json_t *hub_json_base64(const char *bytes, size_t len)
{
    unsigned char *text = wsub_calloc(4 * (len / 3 + 1) + 1, 1);
    json_t *json;

    EVP_EncodeBlock(text, (const unsigned char *)bytes, (int)len);
    json = json_string((const char *)text);
    free(text);
    return json;
}

json_t *hub_json_place(const struct wsub_place *place)
{
    char text[WSUB_PLACE_BYTES];

    wsub_place_text(place, text);
    return json_string(text);
}
