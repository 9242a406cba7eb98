/* fuzz_keyring.c - files of keys: common/crypto/keyring.h, secret_file.h.
 *
 * A ring that is taken has a key that seals; what is wrong with another is
 * said. */
#include "common/crypto/keyring.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define PATH_BYTES 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_BYTES], err_text[256] = "";
    struct wsub_keyring *ring = NULL;
    int fd = memfd_create("keys", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
    FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (wsub_keyring_load(path, err_text, &ring) == WSUB_OK) {
        FUZZ_CHECK(wsub_keyring_count(ring) > 0);
        FUZZ_CHECK(wsub_keyring_first(ring) != NULL);
        wsub_keyring_free(ring);
    } else {
        FUZZ_CHECK(err_text[0] != '\0');
    }
    close(fd);
    return 0;
}
