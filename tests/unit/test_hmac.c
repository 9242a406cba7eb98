/* test_hmac.c - signatures, by the vectors of RFC 4231 and RFC 2202, and by
 * libcrypto's own HMAC. */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/crypto/hmac.h"
#include "tests/unit/suite.h"

/* Key and data of RFC 4231 section 4, test cases 1 to 4, 6 and 7. */
static const struct {
    const char *key;
    size_t key_len;
    const char *data;
    size_t data_len;
} inputs[] = {
    {"\013\013\013\013\013\013\013\013\013\013\013\013\013\013\013\013"
     "\013\013\013\013",
     20, "Hi There", 8},
    {"Jefe", 4, "what do ya want for nothing?", 28},
    {"\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252",
     20,
     "\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335"
     "\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335"
     "\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335\335"
     "\335\335",
     50},
    {"\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020"
     "\021\022\023\024\025\026\027\030\031",
     25,
     "\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315"
     "\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315"
     "\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315\315"
     "\315\315",
     50},
    {"\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252",
     131, "Test Using Larger Than Block-Size Key - Hash Key First", 54},
    {"\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252",
     131,
     "This is a test using a larger than block-size key and a larger t"
     "han block-size data. The key needs to be hashed before being use"
     "d by the HMAC algorithm.",
     152},
    /* Test cases 6 and 7 of RFC 2202 section 3, which has other long keys. */
    {"\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252",
     80, "Test Using Larger Than Block-Size Key - Hash Key First", 54},
    {"\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252"
     "\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252\252",
     80,
     "Test Using Larger Than Block-Size Key and Larger Than One Block-"
     "Size Data",
     73},
};

static const struct {
    int input;
    enum wsub_hash hash;
    const char *signature;
} vectors[] = {
    {0, WSUB_HASH_SHA1, "sha1=b617318655057264e28bc0b6fb378c8ef146be00"},
    {0, WSUB_HASH_SHA256,
     "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2"
     "e32cff7"},
    {0, WSUB_HASH_SHA384,
     "sha384=afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7"
     "cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"},
    {0, WSUB_HASH_SHA512,
     "sha512=87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b3054"
     "5e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203"
     "a126854"},
    {1, WSUB_HASH_SHA1, "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {1, WSUB_HASH_SHA256,
     "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b96"
     "4ec3843"},
    {1, WSUB_HASH_SHA384,
     "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736"
     "322445e8e2240ca5e69e2c78b3239ecfab21649"},
    {1, WSUB_HASH_SHA512,
     "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7e"
     "a2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a3"
     "8bce737"},
    {2, WSUB_HASH_SHA1, "sha1=125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {2, WSUB_HASH_SHA256,
     "sha256=773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514c"
     "ed565fe"},
    {2, WSUB_HASH_SHA384,
     "sha384=88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55"
     "966144b2a5ab39dc13814b94e3ab6e101a34f27"},
    {2, WSUB_HASH_SHA512,
     "sha512=fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b"
     "2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e"
     "13292fb"},
    {3, WSUB_HASH_SHA1, "sha1=4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {3, WSUB_HASH_SHA256,
     "sha256=82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46"
     "729665b"},
    {3, WSUB_HASH_SHA384,
     "sha384=3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1"
     "f573b4e6801dd23c4a7d679ccf8a386c674cffb"},
    {3, WSUB_HASH_SHA512,
     "sha512=b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f80503"
     "61ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb1"
     "0a298dd"},
    {4, WSUB_HASH_SHA256,
     "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0"
     "ee37f54"},
    {4, WSUB_HASH_SHA384,
     "sha384=4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f050"
     "33ac4c60c2ef6ab4030fe8296248df163f44952"},
    {4, WSUB_HASH_SHA512,
     "sha512=80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b01378"
     "3f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985"
     "d786598"},
    {5, WSUB_HASH_SHA256,
     "sha256=9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535"
     "c3a35e2"},
    {5, WSUB_HASH_SHA384,
     "sha384=6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb824"
     "61e99c5a678cc31e799176d3860e6110c46523e"},
    {5, WSUB_HASH_SHA512,
     "sha512=e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d2"
     "0cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440f"
     "a8c6a58"},
    {6, WSUB_HASH_SHA1, "sha1=aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {7, WSUB_HASH_SHA1, "sha1=e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
};

static void sign(struct wsub_hmac *hmac, int input, char *ret_text)
{
    wsub_hmac_sign(hmac, inputs[input].key, inputs[input].key_len,
                   inputs[input].data, inputs[input].data_len, ret_text);
}

START_TEST(a_signature_is_that_of_the_standard)
{
    struct wsub_hmac *hmac = wsub_hmac_new(vectors[_i].hash);
    char text[WSUB_SIGNATURE_MAX];

    sign(hmac, vectors[_i].input, text);
    ck_assert_str_eq(text, vectors[_i].signature);
    wsub_hmac_free(hmac);
}
END_TEST

START_TEST(a_signer_remembers_nothing_of_the_last_call)
{
    struct wsub_hmac *hmac = wsub_hmac_new(vectors[_i].hash);
    char text[WSUB_SIGNATURE_MAX];

    for (int other = 0; other < COUNT(inputs); other++) {
        sign(hmac, other, text);
        sign(hmac, vectors[_i].input, text);
        ck_assert_str_eq(text, vectors[_i].signature);
    }
    wsub_hmac_free(hmac);
}
END_TEST

START_TEST(an_empty_key_is_not_the_key_before)
{
    struct wsub_hmac *hmac = wsub_hmac_new(WSUB_HASH_SHA256);
    char text[WSUB_SIGNATURE_MAX];

    sign(hmac, 0, text);
    wsub_hmac_sign(hmac, NULL, 0, NULL, 0, text);
    ck_assert_str_eq(text, "sha256=b613679a0814d9ec772f95d778c35fc5"
                           "ff1697c493715653c6c712144292c5ad");
    wsub_hmac_free(hmac);
}
END_TEST

static const struct {
    enum wsub_hash hash;
    const char *method;
    const char *digest;
} hashes[] = {
    {WSUB_HASH_SHA1, "sha1", "SHA1"},
    {WSUB_HASH_SHA256, "sha256", "SHA256"},
    {WSUB_HASH_SHA384, "sha384", "SHA384"},
    {WSUB_HASH_SHA512, "sha512", "SHA512"},
};

/* Writes the signature that libcrypto's HMAC gives. */
static void sign_by_mac(int row, const unsigned char *key, size_t key_len,
                        const unsigned char *body, size_t body_len, char *text)
{
    unsigned char tag[EVP_MAX_MD_SIZE];
    size_t len = 0;

    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, hashes[row].digest,
                                    NULL, key, key_len, body, body_len, tag,
                                    sizeof(tag), &len));
    text = stpcpy(stpcpy(text, hashes[row].method), "=");
    for (size_t i = 0; i < len; i++)
        text += snprintf(text, 3, "%02x", tag[i]);
}

START_TEST(keys_and_bodies_around_the_block_are_signed_as_by_libcrypto)
{
    struct wsub_hmac *hmac = wsub_hmac_new(hashes[_i].hash);
    char text[WSUB_SIGNATURE_MAX], expected[WSUB_SIGNATURE_MAX];
    unsigned char bytes[300];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        wsub_hmac_sign(hmac, bytes, len, bytes, sizeof(bytes) - len, text);
        sign_by_mac(_i, bytes, len, bytes, sizeof(bytes) - len, expected);
        ck_assert_str_eq(text, expected);
    }
    wsub_hmac_free(hmac);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
    wsub_hmac_free(NULL);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("hmac");

    tcase_add_loop_test(cases, a_signature_is_that_of_the_standard, 0,
                        COUNT(vectors));
    tcase_add_loop_test(cases, a_signer_remembers_nothing_of_the_last_call, 0,
                        COUNT(vectors));
    tcase_add_test(cases, an_empty_key_is_not_the_key_before);
    tcase_add_loop_test(
        cases, keys_and_bodies_around_the_block_are_signed_as_by_libcrypto, 0,
        COUNT(hashes));
    tcase_add_test(cases, freeing_nothing_is_fine);
    return suite_run("hmac", cases);
}
