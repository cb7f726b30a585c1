/* libFuzzer's entry; FUZZ_TARGET names the target. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    FUZZ_TARGET(bytes, length);
    return 0;
}
