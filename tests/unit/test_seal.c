/* test_seal.c - sealed secrets, and the file their keys come from. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/seal.h"
#include "tests/unit/suite.h"

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "f0F1f2F3f4f5f6f7f8f9fafbfcfdfeff0123456789abcdefABCDEF0123456789"
#define CONTEXT "topic:callback"

static char folder[] = "/tmp/websubd-seal-XXXXXX";
static char path[64];

/* Writes the bytes to the key file, with the mode given. */
static void write_file(const void *bytes, size_t len, mode_t mode)
{
    FILE *file;

    unlink(path);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static struct wsub_keyring *ring_of(const char *text)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256] = "";

    write_file(text, strlen(text), 0600);
    ck_assert_msg(wsub_keyring_load(path, err_text, &ring) == WSUB_OK, "%s",
                  err_text);
    return ring;
}

static struct wsub_keyring *ring_without_keys(void)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    ck_assert_int_eq(wsub_keyring_load("", err_text, &ring), WSUB_OK);
    ck_assert_uint_eq(wsub_keyring_count(ring), 0);
    return ring;
}

static void expect_open(const struct wsub_keyring *ring,
                        const struct wsub_buf *sealed, const void *secret,
                        size_t len)
{
    struct wsub_buf out = {0};

    ck_assert_int_eq(wsub_open(ring, CONTEXT, sealed->data, sealed->len, &out),
                     WSUB_OK);
    ck_assert_uint_eq(out.len, len);
    if (len > 0)
        ck_assert_mem_eq(out.data, secret, len);
    wsub_buf_done(&out);
}

static void expect_fault(const struct wsub_keyring *ring, const char *context,
                         const char *sealed, size_t sealed_len,
                         enum wsub_err err)
{
    struct wsub_buf out = {0};

    wsub_buf_str(&out, "kept");
    ck_assert_int_eq(wsub_open(ring, context, sealed, sealed_len, &out), err);
    ck_assert_uint_eq(out.len, 4);
    ck_assert_str_eq(wsub_buf_cstr(&out), "kept");
    wsub_buf_done(&out);
}

START_TEST(a_sealed_secret_of_any_length_opens_again)
{
    struct wsub_keyring *ring = ring_of("k1 " HEX_A "\n");
    struct wsub_buf sealed = {0};
    unsigned char secret[200];

    wsub_random(secret, sizeof(secret));
    wsub_seal(ring, CONTEXT, secret, (size_t)_i, &sealed);
    ck_assert_int_eq(strncmp(sealed.data, "g.k1.", 5), 0);
    ck_assert_uint_eq(sealed.len, 5 + 12 + (size_t)_i + 16);
    expect_open(ring, &sealed, secret, (size_t)_i);
    wsub_buf_done(&sealed);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(sealing_twice_gives_two_forms)
{
    struct wsub_keyring *ring = ring_of("k1 " HEX_A "\n");
    struct wsub_buf one = {0}, two = {0};

    wsub_seal(ring, CONTEXT, "s", 1, &one);
    wsub_seal(ring, CONTEXT, "s", 1, &two);
    ck_assert_uint_eq(one.len, two.len);
    ck_assert_mem_ne(one.data, two.data, one.len);
    wsub_buf_done(&one);
    wsub_buf_done(&two);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(changing_any_byte_of_a_sealed_secret_spoils_it)
{
    struct wsub_keyring *ring = ring_of("k1 " HEX_A "\n");
    struct wsub_buf sealed = {0};

    wsub_seal(ring, CONTEXT, "swordfish", 9, &sealed);
    for (size_t i = strlen("g.k1."); i < sealed.len; i++) {
        char kept = sealed.data[i];

        sealed.data[i] = (char)(kept ^ 1);
        expect_fault(ring, CONTEXT, sealed.data, sealed.len, WSUB_ERR_INVALID);
        sealed.data[i] = kept;
    }
    expect_open(ring, &sealed, "swordfish", 9);
    wsub_buf_done(&sealed);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(a_sealed_secret_opens_only_in_its_context)
{
    struct wsub_keyring *ring = ring_of("k1 " HEX_A "\n");
    struct wsub_buf sealed = {0};

    wsub_seal(ring, CONTEXT, "swordfish", 9, &sealed);
    expect_fault(ring, "topic:other", sealed.data, sealed.len,
                 WSUB_ERR_INVALID);
    expect_fault(ring, "", sealed.data, sealed.len, WSUB_ERR_INVALID);
    wsub_buf_done(&sealed);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(a_new_first_key_seals_and_the_old_one_still_opens)
{
    struct wsub_keyring *old = ring_of("old " HEX_A "\n");
    struct wsub_keyring *both = ring_of("new " HEX_B "\nold " HEX_A "\n");
    struct wsub_keyring *new = ring_of("new " HEX_B "\n");
    struct wsub_buf before = {0}, after = {0};

    ck_assert_uint_eq(wsub_keyring_count(both), 2);
    wsub_seal(old, CONTEXT, "swordfish", 9, &before);
    wsub_seal(both, CONTEXT, "swordfish", 9, &after);
    ck_assert_int_eq(strncmp(after.data, "g.new.", 6), 0);
    expect_open(both, &before, "swordfish", 9);
    expect_open(new, &after, "swordfish", 9);
    expect_fault(new, CONTEXT, before.data, before.len, WSUB_ERR_NOT_FOUND);
    wsub_buf_done(&before);
    wsub_buf_done(&after);
    wsub_keyring_free(old);
    wsub_keyring_free(both);
    wsub_keyring_free(new);
}
END_TEST

START_TEST(the_same_id_with_another_key_does_not_open)
{
    struct wsub_keyring *one = ring_of("k1 " HEX_A "\n");
    struct wsub_keyring *two = ring_of("k1 " HEX_B "\n");
    struct wsub_buf sealed = {0};

    wsub_seal(one, CONTEXT, "swordfish", 9, &sealed);
    expect_fault(two, CONTEXT, sealed.data, sealed.len, WSUB_ERR_INVALID);
    wsub_buf_done(&sealed);
    wsub_keyring_free(one);
    wsub_keyring_free(two);
}
END_TEST

START_TEST(without_keys_a_secret_is_kept_in_plain_form)
{
    struct wsub_keyring *none = ring_without_keys();
    struct wsub_keyring *later = ring_of("k1 " HEX_A "\n");
    struct wsub_buf sealed = {0};

    wsub_seal(none, CONTEXT, "foobar", 6, &sealed);
    ck_assert_str_eq(sealed.data, "p.foobar");
    expect_open(none, &sealed, "foobar", 6);
    expect_open(later, &sealed, "foobar", 6);
    wsub_buf_done(&sealed);
    wsub_keyring_free(none);
    wsub_keyring_free(later);
}
END_TEST

static const struct {
    const char *sealed;
    enum wsub_err err;
} strange[] = {
    {"", WSUB_ERR_INVALID},
    {"-", WSUB_ERR_INVALID},
    {"p", WSUB_ERR_INVALID},
    {"P.Z", WSUB_ERR_INVALID},
    {"g.", WSUB_ERR_INVALID},
    {"g..AAAA", WSUB_ERR_INVALID},
    {"g.k1", WSUB_ERR_INVALID},
    {"g.k1.", WSUB_ERR_INVALID},
    {"g.k1.AAAA", WSUB_ERR_INVALID},
    {"g.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", WSUB_ERR_INVALID},
    {"g.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAA", WSUB_ERR_INVALID},  /* 27 bytes */
    {"g.k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAA", WSUB_ERR_INVALID}, /* of nobody */
    {"g.k.AAAA", WSUB_ERR_NOT_FOUND},
    {"g.k12.AAAA", WSUB_ERR_NOT_FOUND},
    {"G.k1.AAAA", WSUB_ERR_INVALID},
};

START_TEST(what_is_no_sealed_secret_is_refused)
{
    struct wsub_keyring *ring = ring_of("k1 " HEX_A "\n");

    expect_fault(ring, CONTEXT, strange[_i].sealed, strlen(strange[_i].sealed),
                 strange[_i].err);
    wsub_keyring_free(ring);
}
END_TEST

static const struct {
    const char *text;
    size_t count;
} files[] = {
    {"k1 " HEX_A, 1},
    {"k1 " HEX_A "\n", 1},
    {"k1\t " HEX_A " \r\n", 1},
    {"# of today\n\n  \r\nk1 " HEX_A "\n#" HEX_B "\nk2 " HEX_B "\n", 2},
    {" k1 " HEX_A "\t\n", 1},
    {"0123456789abcd-_ " HEX_A "\nA " HEX_A "\na " HEX_A "\n", 3},
};

START_TEST(a_key_file_is_read)
{
    struct wsub_keyring *ring = ring_of(files[_i].text);

    ck_assert_uint_eq(wsub_keyring_count(ring), files[_i].count);
    wsub_keyring_free(ring);
}
END_TEST

static const struct {
    const char *text;
    size_t len; /* 0: up to the zero */
    const char *sentence;
} broken[] = {
    {"\n", 0, "holds no key"},
    {"# none\n", 0, "holds no key"},
    {"k1 " HEX_A "\nk2\n", 0, ":2: the line is not of the form ID HEX"},
    {HEX_A "\n", 0, ":1: the line is not of the form ID HEX"},
    {"k.1 " HEX_A "\n", 0, ":1: the line is not of the form ID HEX"},
    {"k\3511 " HEX_A "\n", 0, ":1: the line is not of the form ID HEX"},
    {"0123456789abcdefg " HEX_A, 0, "longer than 16 bytes"},
    {"#\n\nk1 " HEX_A "0\n", 0, ":3: the line has a key that is not 64"},
    {"k1 0" HEX_A, 0, "is not 64"},
    {"k1 abc", 0, "is not 64"},
    {"k1 " HEX_A " and more", 0, "is not 64"},
    {"k1 g0" HEX_A, 0, "is not 64"},
    {"k1 " HEX_A "\nk1 " HEX_B "\n", 0, ":2: the line repeats the id"},
    {"k1 " HEX_A "\0\n", 69, ":1: the line holds a zero byte"},
};

START_TEST(a_broken_key_file_is_refused_with_its_line)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256] = "";

    write_file(broken[_i].text,
               broken[_i].len ? broken[_i].len : strlen(broken[_i].text), 0600);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_msg(strstr(err_text, broken[_i].sentence) != NULL, "%s",
                  err_text);
    ck_assert_ptr_nonnull(strstr(err_text, path));
    ck_assert_ptr_null(strstr(err_text, "0405060708"));
    ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(an_empty_key_file_is_refused)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    write_file("", 0, 0600);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "holds no key"));
}
END_TEST

START_TEST(a_key_file_that_is_too_long_is_refused)
{
    static char text[70000];
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    memset(text, '#', sizeof(text));
    write_file(text, sizeof(text), 0600);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "longer than 65536 bytes"));
}
END_TEST

static const mode_t open_modes[] = {0604, 0602, 0601, 0644, 0446, 0777};

START_TEST(a_key_file_that_others_can_read_is_refused_with_the_remedy)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256], remedy[128];

    write_file("k1 " HEX_A "\n", 68, open_modes[_i]);
    snprintf(remedy, sizeof(remedy), "chmod o= %s", path);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, remedy));
}
END_TEST

static const mode_t closed_modes[] = {0400, 0440, 0600, 0640, 0660};

START_TEST(a_key_file_that_its_group_may_read_is_fine)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    write_file("k1 " HEX_A "\n", 68, closed_modes[_i]);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring), WSUB_OK);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(as_many_keys_as_a_file_holds_are_kept)
{
    struct wsub_buf text = {0};
    struct wsub_keyring *ring;

    for (unsigned i = 0; i < 900; i++)
        wsub_buf_printf(&text, "k%u %s\n", i, i % 2 == 0 ? HEX_A : HEX_B);
    ring = ring_of(text.data);
    ck_assert_uint_eq(wsub_keyring_count(ring), 900);
    ck_assert_ptr_nonnull(wsub_keyring_find(ring, "k0", 2));
    ck_assert_ptr_nonnull(wsub_keyring_find(ring, "k899", 4));
    wsub_keyring_free(ring);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(a_missing_key_file_is_a_system_error)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    unlink(path);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring), WSUB_ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err_text, "No such file"));
}
END_TEST

START_TEST(a_folder_or_a_pipe_is_no_key_file)
{
    struct wsub_keyring *ring = NULL;
    char err_text[256];

    ck_assert_int_eq(wsub_keyring_load(folder, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "no regular file"));
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(wsub_keyring_load(path, err_text, &ring),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "no regular file"));
}
END_TEST

/* Each file has another size or another inode, so it is seen in any case. */
START_TEST(a_ring_follows_its_file_once_for_each_state_of_it)
{
    struct wsub_keyring *ring = ring_of("one " HEX_A "\n");
    const struct wsub_key *before = wsub_keyring_first(ring);
    struct wsub_buf sealed = {0};
    char err_text[256];

    wsub_seal(ring, CONTEXT, "secret", 6, &sealed);
    ck_assert(!wsub_keyring_refresh(ring, err_text));
    ck_assert_ptr_eq(wsub_keyring_first(ring), before);
    write_file("two " HEX_B "\none " HEX_A "\n",
               strlen("two " HEX_B "\none " HEX_A "\n"), 0600);
    ck_assert(wsub_keyring_refresh(ring, err_text));
    ck_assert_str_eq(err_text, "");
    ck_assert_str_eq(wsub_keyring_first_id(ring), "two");
    expect_open(ring, &sealed, "secret", 6);
    ck_assert(!wsub_keyring_refresh(ring, err_text));
    wsub_keyring_free(ring);
    wsub_buf_done(&sealed);
}
END_TEST

static const struct {
    const char *text; /* NULL: it is removed */
    mode_t mode;
} unusable[] = {
    {"", 0600},
    {"two " HEX_B "\ntwo " HEX_A "\n", 0600},
    {"two " HEX_B "\n", 0644},
    {NULL, 0},
};

START_TEST(a_file_that_can_t_be_used_changes_nothing_and_is_told_of_once)
{
    struct wsub_keyring *ring = ring_of("one " HEX_A "\n");
    char err_text[256];

    if (unusable[_i].text != NULL)
        write_file(unusable[_i].text, strlen(unusable[_i].text),
                   unusable[_i].mode);
    else
        ck_assert_int_eq(unlink(path), 0);
    ck_assert(!wsub_keyring_refresh(ring, err_text));
    ck_assert_str_ne(err_text, "");
    ck_assert(!wsub_keyring_refresh(ring, err_text));
    ck_assert_str_eq(err_text, "");
    ck_assert_str_eq(wsub_keyring_first_id(ring), "one");
    ck_assert_uint_eq(wsub_keyring_count(ring), 1);
    write_file("two " HEX_B "\none " HEX_A "\n",
               strlen("two " HEX_B "\none " HEX_A "\n"), 0600);
    ck_assert(wsub_keyring_refresh(ring, err_text));
    ck_assert_uint_eq(wsub_keyring_count(ring), 2);
    wsub_keyring_free(ring);
}
END_TEST

START_TEST(a_ring_without_a_file_stays_without_keys)
{
    struct wsub_keyring *ring = ring_without_keys();
    char err_text[256];

    ck_assert(!wsub_keyring_refresh(ring, err_text));
    ck_assert_str_eq(wsub_keyring_first_id(ring), "");
    wsub_keyring_free(ring);
}
END_TEST

static const struct {
    const char *sealed, *key;
} sealed_keys[] = {
    {"g.one.xyz", "one"},
    {"g..xyz", ""},
    {"p.secret", ""},
    {"-", ""},
    {"g.one", ""},
    {"g.", ""},
    {"", ""},
    {"g.12345678901234567.x", ""},
};

START_TEST(the_key_of_a_sealed_secret_can_be_told)
{
    const char *sealed = sealed_keys[_i].sealed, *id = "";
    size_t len = wsub_sealed_key(sealed, strlen(sealed), &id);

    ck_assert_uint_eq(len, strlen(sealed_keys[_i].key));
    ck_assert_int_eq(strncmp(id, sealed_keys[_i].key, len), 0);
}
END_TEST

static TCase *sealing(TCase *cases)
{
    tcase_add_loop_test(cases, a_sealed_secret_of_any_length_opens_again, 0,
                        40);
    tcase_add_test(cases, sealing_twice_gives_two_forms);
    tcase_add_test(cases, changing_any_byte_of_a_sealed_secret_spoils_it);
    tcase_add_test(cases, a_sealed_secret_opens_only_in_its_context);
    tcase_add_test(cases, a_new_first_key_seals_and_the_old_one_still_opens);
    tcase_add_test(cases, the_same_id_with_another_key_does_not_open);
    tcase_add_test(cases, without_keys_a_secret_is_kept_in_plain_form);
    tcase_add_loop_test(cases, what_is_no_sealed_secret_is_refused, 0,
                        COUNT(strange));
    return cases;
}

static TCase *reading(TCase *cases)
{
    tcase_add_loop_test(cases, a_key_file_is_read, 0, COUNT(files));
    tcase_add_loop_test(cases, a_broken_key_file_is_refused_with_its_line, 0,
                        COUNT(broken));
    tcase_add_test(cases, an_empty_key_file_is_refused);
    tcase_add_test(cases, a_key_file_that_is_too_long_is_refused);
    tcase_add_loop_test(
        cases, a_key_file_that_others_can_read_is_refused_with_the_remedy, 0,
        COUNT(open_modes));
    tcase_add_loop_test(cases, a_key_file_that_its_group_may_read_is_fine, 0,
                        COUNT(closed_modes));
    tcase_add_test(cases, as_many_keys_as_a_file_holds_are_kept);
    tcase_add_test(cases, a_missing_key_file_is_a_system_error);
    tcase_add_test(cases, a_folder_or_a_pipe_is_no_key_file);
    tcase_add_test(cases, a_ring_follows_its_file_once_for_each_state_of_it);
    tcase_add_loop_test(
        cases, a_file_that_can_t_be_used_changes_nothing_and_is_told_of_once, 0,
        COUNT(unusable));
    tcase_add_test(cases, a_ring_without_a_file_stays_without_keys);
    tcase_add_loop_test(cases, the_key_of_a_sealed_secret_can_be_told, 0,
                        COUNT(sealed_keys));
    return cases;
}

int main(void)
{
    int status;

    if (mkdtemp(folder) == NULL)
        return EXIT_FAILURE;
    snprintf(path, sizeof(path), "%s/keys", folder);
    status = suite_run("seal", reading(sealing(tcase_create("seal"))));
    unlink(path);
    rmdir(folder);
    return status;
}
