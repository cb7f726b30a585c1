/* See device.h. The rules and the words are those of c10/core/Device.cpp, parse_type and Device::Device. */
#include "tensor/device.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* Numbers of c10/core/DeviceType.h, in the order of the error's text. */
static const struct {
    const char *name;
    int16_t type;
} device_types[] = {
    {"cpu", 0},    {"cuda", 1},           {"ipu", 18},  {"xpu", 12},  {"mkldnn", 2},
    {"opengl", 3}, {"opencl", 4},         {"ideep", 5}, {"hip", 6},   {"ve", 16},
    {"fpga", 7},   {"maia", 8},           {"xla", 9},   {"lazy", 17}, {"vulkan", 10},
    {"mps", 13},   {"meta", DEVICE_META}, {"hpu", 15},  {"mtia", 19}, {"privateuseone", 20},
};
enum { DEVICE_TYPES = sizeof device_types / sizeof *device_types, MAX_DEVICE_INDEX = 127 };

static bool unknown_type(const char *name, int length, lb_error *err) {
    struct text names = {0};
    for (int i = 0; i < DEVICE_TYPES; i++) text_printf(&names, "%s%s", i ? ", " : "", device_types[i].name);
    error_set(err, LB_ERROR_RUNTIME, "Expected one of %s device type at start of device string: %.*s",
              text_get(&names), length, name);
    text_free(&names);
    return false;
}

static int16_t find_type(const char *name, size_t length) {
    for (int i = 0; i < DEVICE_TYPES; i++)
        if (strlen(device_types[i].name) == length && !strncmp(device_types[i].name, name, length))
            return device_types[i].type;
    return -1;
}

/* The index without leading zeros. */
static bool parse_index(const char *text, const char *digits, int16_t *out, lb_error *err) {
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 3 || digits[count] || (digits[0] == '0' && digits[1]))
        return error_set(err, LB_ERROR_RUNTIME, "Invalid device string: '%s'", text);
    int value = atoi(digits);
    if (value > MAX_DEVICE_INDEX)
        return error_set(err, LB_ERROR_RUNTIME, "Could not parse device index '%s' in device string '%s'",
                         digits, text);
    *out = (int16_t)value;
    return true;
}

bool device_parse(const char *text, struct device *out, lb_error *err) {
    if (!*text) return error_set(err, LB_ERROR_RUNTIME, "Device string must not be empty");
    size_t length = strcspn(text, ":");
    *out = (struct device){find_type(text, length), -1};
    if (text[length] && !parse_index(text, text + length + 1, &out->index, err)) return false;
    return out->type >= 0 || unknown_type(text, length < 63 ? (int)length : 63, err);
}
