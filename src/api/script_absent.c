/* lb_script() in a library that is built without src/construct/ (LINKBOY_SCRIPT=OFF). */
#include "api/handle.h"

lb_module *lb_script(const char *text, size_t length, const char *name, const lb_script_options *options,
                     lb_error *err) {
    API_ERROR(err, own);
    (void)text, (void)length, (void)name, (void)options;
    error_set(local, LB_ERROR_UNSUPPORTED,
              "this liblinkboy makes no programs from Python files: it was built with LINKBOY_SCRIPT=OFF");
    handle_error(err, local);
    return NULL;
}
