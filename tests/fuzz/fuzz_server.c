/* fuzz_server.c - the bytes of a connection: common/http/server.h.
 *
 * Bytes of 0xff are none of the connection: they end a piece that is sent by
 * itself.  However the bytes are cut, the handlers see the same requests and the
 * client the same responses; and each request that a handler saw has one. */
#include "common/http/server.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/server_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0}, pieces = {0};

    fuzz_server_start();
    fuzz_server_run(data, size, false, &whole);
    fuzz_server_run(data, size, true, &pieces);
    FUZZ_CHECK(whole.responses >= whole.requests);
    FUZZ_CHECK(strcmp(wsub_buf_cstr(&whole.statuses),
                      wsub_buf_cstr(&pieces.statuses)) == 0);
    FUZZ_CHECK(strcmp(wsub_buf_cstr(&whole.handled),
                      wsub_buf_cstr(&pieces.handled)) == 0);
    fuzz_seen_done(&whole);
    fuzz_seen_done(&pieces);
    return 0;
}
