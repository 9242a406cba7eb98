/* replay.c - gives a target the files that are named, in place of libFuzzer:
 *
 *   fuzz-NAME FILE... */
#include <errno.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "tests/fuzz/fuzz.h"

static bool read_file(const char *path, struct wsub_buf *bytes)
{
    FILE *file = fopen(path, "rbe");
    size_t n;

    if (file == NULL)
        return false;
    do {
        n = fread(wsub_buf_reserve(bytes, 4096), 1, 4096, file);
        bytes->len += n;
    } while (n > 0);
    fclose(file);
    return true;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct wsub_buf bytes = {0};

        if (!read_file(argv[i], &bytes)) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
            return EXIT_FAILURE;
        }
        printf("%s\n", argv[i]);
        fflush(stdout);
        LLVMFuzzerTestOneInput((const uint8_t *)bytes.data, bytes.len);
        wsub_buf_done(&bytes);
    }
    printf("%d inputs\n", argc - 1);
    return EXIT_SUCCESS;
}
