/* test_webhook.c - the signature of Standard Webhooks; the first row is the
 * specification's own vector. */
#include "common/crypto/webhook.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct {
    const char *secret, *signature;
} rows[] = {
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {"plain secret", "v1,gke7k785FD6W2FuaDcrvG3sQcmFE9YVaaAmarK4oi68="},
    {"whsec_AA==", "v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g="},
    {"whsec_AAE=", "v1,+767NbQcCAmkGjkOVH5WcMfE2agCeIL9OOEBsLC+FI4="},
    {"whsec_A", "v1,62KEek3tsCieSMK+NOOcLy7wThRxMZ9T8ZB/q7c9X1w="},
    {"whsec_AAA", "v1,hUcyk4QC4tM5HqdbAEJYic4XKKrLijmYLmCSrFiC1/k="},
    {"whsec_", "v1,AUsemtRPIzthQtHnPgmHPUvj8jasw1M2BdSl+bqqaVQ="},
    {"whsec_AA=A", "v1,FQpOCrlg8K4KD7sg3bfdtBXUzZ6IHtjbd6zOloYl7u4="},
    {"whsec_====", "v1,2DZl+OzfMarenfhZfsqb17MTeCWStfGh1YSwNP+NFZ4="},
    {"whsec_AA-_", "v1,nBR83/qNDjR2iHY8t9JqfDOaTRiPUjzxitiiIq6kgxQ="},
    {"", "v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g="},
};

START_TEST(a_signature_is_that_of_the_specification)
{
    static const char body[] = "{\"test\": 2432232314}";
    struct wsub_hmac *hmac = wsub_hmac_new(WSUB_HASH_SHA256);
    char text[WSUB_WEBHOOK_SIGNATURE_MAX];

    wsub_webhook_sign(hmac, rows[_i].secret, strlen(rows[_i].secret),
                      &(struct wsub_webhook){
                          .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                          .timestamp = "1614265330",
                          .body = body,
                          .body_len = strlen(body),
                      },
                      text);
    ck_assert_str_eq(text, rows[_i].signature);
    wsub_hmac_free(hmac);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("webhook");

    tcase_add_loop_test(cases, a_signature_is_that_of_the_specification, 0,
                        COUNT(rows));
    return suite_run("webhook", cases);
}
