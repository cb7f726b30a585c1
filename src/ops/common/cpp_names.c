/* See cpp_names.h; in the order of enum dtype. */
#include "ops/common/cpp_names.h"

const char *dtype_cpp_name(enum dtype d) {
    static const char *const names[] = {"unsigned char",
                                        "signed char",
                                        "short",
                                        "int",
                                        "long int",
                                        "c10::Half",
                                        "float",
                                        "double",
                                        "c10::complex<c10::Half>",
                                        "c10::complex<float>",
                                        "c10::complex<double>",
                                        "bool",
                                        "qint8",
                                        "quint8",
                                        "qint32",
                                        "c10::BFloat16"};
    return names[d];
}
