/* linkboy for C++17: a thin RAII layer over linkboy.h that reads as PyTorch's C++ does.
 *
 *     linkboy::Module module = linkboy::load("model.pt");
 *     std::vector<linkboy::Value> inputs;
 *     inputs.push_back(linkboy::ones({1, 3, 224, 224}));
 *     linkboy::Tensor output = module.forward(inputs).toTensor();
 *     std::cout << output << '\n';
 *
 * Every function throws linkboy::Error where the C function fails. Objects own their handle, are moved
 * cheaply, and a copy of a Value is another handle to the same tensor, list or dict (as a copy of an IValue).
 * Threads: see linkboy.h. */
#ifndef LINKBOY_HPP
#define LINKBOY_HPP

#include "linkboy.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace linkboy {

/* What a call of the library reports: what() is TorchScript's traceback and message (c10::Error). */
class Error : public std::runtime_error {
  public:
    explicit Error(const lb_error *err)
        : std::runtime_error(lb_error_text(err)), code_(lb_error_code(err)), kind_(lb_error_kind(err)),
          message_(lb_error_message(err)) {}
    lb_code code() const { return code_; }
    const std::string &kind() const { return kind_; } /* PyTorch's exception class */
    const std::string &message() const { return message_; }

  private:
    lb_code code_;
    std::string kind_, message_;
};

namespace detail {

struct ErrorFree {
    void operator()(lb_error *e) const { lb_error_free(e); }
};

/* Calls a C function whose last argument is the lb_error, and throws where its result is null or false. */
template <class F> auto checked(F &&call) {
    std::unique_ptr<lb_error, ErrorFree> err(lb_error_new());
    auto result = call(err.get());
    if (!result) throw Error(err.get());
    return result;
}

inline std::string text(char *take) {
    std::string copy(take);
    lb_text_free(take);
    return copy;
}

inline int64_t numel(const std::vector<int64_t> &sizes) {
    int64_t n = 1;
    for (int64_t s : sizes) n *= s;
    return n;
}

template <class T> struct DtypeOf;
template <> struct DtypeOf<float> { static constexpr lb_dtype value = LB_FLOAT32; };
template <> struct DtypeOf<double> { static constexpr lb_dtype value = LB_FLOAT64; };
template <> struct DtypeOf<int64_t> { static constexpr lb_dtype value = LB_INT64; };
template <> struct DtypeOf<int32_t> { static constexpr lb_dtype value = LB_INT32; };
template <> struct DtypeOf<int16_t> { static constexpr lb_dtype value = LB_INT16; };
template <> struct DtypeOf<int8_t> { static constexpr lb_dtype value = LB_INT8; };
template <> struct DtypeOf<uint8_t> { static constexpr lb_dtype value = LB_UINT8; };

} // namespace detail

class Tensor;

/* Any value of TorchScript (torch::jit::IValue). */
class Value {
  public:
    Value() : Value(detail::checked([](lb_error *e) { return lb_none_new(e); })) {}
    explicit Value(lb_value *take) : handle_(take) {}
    Value(bool x) : Value(detail::checked([&](lb_error *e) { return lb_bool_new(x, e); })) {}
    Value(double x) : Value(detail::checked([&](lb_error *e) { return lb_float_new(x, e); })) {}
    Value(int64_t x) : Value(detail::checked([&](lb_error *e) { return lb_int_new(x, e); })) {}
    Value(int x) : Value(static_cast<int64_t>(x)) {}
    Value(const std::string &s)
        : Value(detail::checked([&](lb_error *e) { return lb_string_new(s.data(), s.size(), e); })) {}
    Value(const char *s) : Value(std::string(s)) {}
    Value(const Value &other)
        : Value(detail::checked([&](lb_error *e) { return lb_value_copy(other.get(), e); })) {}
    Value(Value &&other) noexcept = default;
    Value &operator=(const Value &other) { return *this = Value(other); }
    Value &operator=(Value &&other) noexcept = default;

    static Value list(const std::vector<Value> &items) { return sequence(items, lb_list_new); }
    static Value tuple(const std::vector<Value> &items) { return sequence(items, lb_tuple_new); }

    lb_value *get() const { return handle_.get(); }
    lb_kind kind() const { return lb_value_kind(get()); }
    bool isNone() const { return kind() == LB_NONE; }
    bool isTensor() const { return kind() == LB_TENSOR; }

    bool toBool() const { return lb_bool_get(expect(LB_BOOL)); }
    int64_t toInt() const { return lb_int_get(expect(LB_INT)); }
    double toDouble() const { return lb_float_get(expect(LB_FLOAT)); }
    std::string toStringRef() const {
        size_t length = 0;
        const char *bytes = lb_string_get(expect(LB_STRING), &length);
        return std::string(bytes, length);
    }
    inline Tensor toTensor() const;
    /* Items of a list, tuple, or dict (its values). */
    std::vector<Value> elements() const {
        std::vector<Value> out;
        for (int64_t i = 0; i < lb_count(get()); i++)
            out.emplace_back(detail::checked([&](lb_error *e) { return lb_item(get(), i, e); }));
        return out;
    }
    std::vector<Value> toListRef() const { return elements(); }
    std::vector<Value> toTupleElements() const { return elements(); }
    std::string text() const {
        return detail::text(detail::checked([&](lb_error *e) { return lb_value_text(get(), e); }));
    }

  protected:
    const lb_value *expect(lb_kind kind) const {
        if (lb_value_kind(get()) != kind)
            throw std::invalid_argument("linkboy: the value is of another kind: " + text());
        return get();
    }

  private:
    struct Free {
        void operator()(lb_value *v) const { lb_value_free(v); }
    };
    template <class Make> static Value sequence(const std::vector<Value> &items, Make make) {
        std::vector<lb_value *> handles;
        for (const Value &v : items) handles.push_back(v.get());
        return Value(detail::checked(
            [&](lb_error *e) { return make(handles.data(), static_cast<int64_t>(handles.size()), e); }));
    }
    std::unique_ptr<lb_value, Free> handle_;
};

/* A tensor (at::Tensor). */
class Tensor : public Value {
  public:
    explicit Tensor(lb_value *take) : Value(take) {}

    /* A copy of row-major data. */
    template <class T> static Tensor from(const std::vector<T> &data, const std::vector<int64_t> &sizes) {
        if (detail::numel(sizes) != static_cast<int64_t>(data.size()))
            throw std::invalid_argument("linkboy: the sizes do not fit the data");
        return make(detail::DtypeOf<T>::value, sizes, data.data());
    }
    /* Over the caller's memory, which outlives the tensor (torch::from_blob). */
    template <class T> static Tensor borrow(T *data, const std::vector<int64_t> &sizes) {
        return Tensor(detail::checked([&](lb_error *e) {
            return lb_tensor_borrow(detail::DtypeOf<T>::value, static_cast<int>(sizes.size()), sizes.data(),
                                    nullptr, data, nullptr, nullptr, e);
        }));
    }
    static Tensor make(lb_dtype dtype, const std::vector<int64_t> &sizes, const void *data) {
        return Tensor(detail::checked([&](lb_error *e) {
            return lb_tensor_from(dtype, static_cast<int>(sizes.size()), sizes.data(), data, e);
        }));
    }

    lb_dtype dtype() const { return lb_tensor_dtype(get()); }
    int64_t dim() const { return lb_tensor_ndim(get()); }
    int64_t numel() const { return lb_tensor_numel(get()); }
    std::vector<int64_t> sizes() const {
        const int64_t *s = lb_tensor_sizes(get());
        return std::vector<int64_t>(s, s + dim());
    }
    int64_t size(int64_t d) const { return sizes().at(static_cast<size_t>(d < 0 ? d + dim() : d)); }
    /* The elements in row-major order, converted to T. */
    template <class T> std::vector<T> values() const {
        Tensor flat(
            detail::checked([&](lb_error *e) { return lb_tensor_to(get(), detail::DtypeOf<T>::value, e); }));
        const T *data = static_cast<const T *>(lb_tensor_data(flat.get()));
        return std::vector<T>(data, data + flat.numel());
    }
    template <class T> T item() const { return values<T>().at(0); }
};

inline Tensor Value::toTensor() const {
    expect(LB_TENSOR);
    return Tensor(detail::checked([&](lb_error *e) { return lb_value_copy(get(), e); }));
}

inline std::ostream &operator<<(std::ostream &out, const Value &value) {
    return out << value.text();
}

inline Tensor full(const std::vector<int64_t> &sizes, float x) {
    return Tensor::from(std::vector<float>(static_cast<size_t>(detail::numel(sizes)), x), sizes);
}
inline Tensor ones(const std::vector<int64_t> &sizes) {
    return full(sizes, 1.0f);
}
inline Tensor zeros(const std::vector<int64_t> &sizes) {
    return full(sizes, 0.0f);
}

/* What a thread needs to run programs: threads, limits, the random generator. */
class Context {
  public:
    explicit Context(lb_context_options options = {}) {
        options.size = sizeof options;
        handle_.reset(detail::checked([&](lb_error *e) { return lb_context_new(&options, e); }));
    }
    void manual_seed(uint64_t seed) { lb_context_seed(get(), seed); }
    lb_context *get() const { return handle_.get(); }

  private:
    struct Free {
        void operator()(lb_context *c) const { lb_context_free(c); }
    };
    std::unique_ptr<lb_context, Free> handle_;
};

using Kwargs = std::map<std::string, Value>;

/* A loaded module (torch::jit::Module); copies share it. */
class Module {
  public:
    Module() = default;
    explicit Module(lb_module *take) : handle_(take, lb_module_free) {}

    Value forward(const std::vector<Value> &inputs, const Kwargs &kwargs = {}) const {
        return run_method("forward", inputs, kwargs);
    }
    Value run_method(const std::string &method, const std::vector<Value> &inputs, const Kwargs &kwargs = {},
                     const Context *context = nullptr) const {
        std::vector<lb_value *> args, named;
        std::vector<const char *> names;
        for (const Value &v : inputs) args.push_back(v.get());
        for (const auto &[name, v] : kwargs) {
            names.push_back(name.c_str());
            named.push_back(v.get());
        }
        return Value(detail::checked([&](lb_error *e) {
            return lb_call_named(get(), method.c_str(), context ? context->get() : nullptr, args.data(),
                                 static_cast<int>(args.size()), names.data(), named.data(),
                                 static_cast<int>(named.size()), e);
        }));
    }
    /* A parameter, buffer or other attribute by dotted path: "layer1.weight". */
    Value attr(const std::string &path) const {
        return Value(detail::checked([&](lb_error *e) { return lb_attribute(get(), path.c_str(), e); }));
    }
    bool has_method(const std::string &method) const { return lb_has_method(get(), method.c_str()); }
    std::string code(const std::string &method = "forward") const { return text(LB_TEXT_CODE, method); }
    std::string graph(const std::string &method = "forward") const { return text(LB_TEXT_GRAPH, method); }
    std::string text(lb_text_kind kind, const std::string &method) const {
        return detail::text(
            detail::checked([&](lb_error *e) { return lb_text(get(), kind, method.c_str(), e); }));
    }
    std::string dump_to_str() const {
        return detail::text(detail::checked([&](lb_error *e) { return lb_repr(get(), e); }));
    }
    /* As an archive that PyTorch opens; the extra files that it was loaded with are kept. */
    void save(const std::string &path) const {
        detail::checked([&](lb_error *e) { return lb_module_save(get(), path.c_str(), nullptr, e); });
    }
    /* Dotted names to tensors; what load_state_dict() takes. */
    Value state_dict() const {
        return Value(detail::checked([&](lb_error *e) { return lb_state_dict(get(), e); }));
    }
    void load_state_dict(const Value &dict, bool strict = true) const {
        detail::checked([&](lb_error *e) { return lb_load_state_dict(get(), dict.get(), strict, e); });
    }
    lb_module *get() const { return handle_.get(); }

  private:
    std::shared_ptr<lb_module> handle_;
};

inline Module load(const std::string &path, lb_load_options options = {}) {
    options.size = sizeof options;
    return Module(detail::checked([&](lb_error *e) { return lb_load(path.c_str(), &options, e); }));
}
inline Module load(const void *bytes, size_t length, lb_load_options options = {}) {
    options.size = sizeof options;
    return Module(detail::checked([&](lb_error *e) { return lb_load_memory(bytes, length, &options, e); }));
}
/* torch.load of a file of torch.save, and back. */
inline Value read_value(const std::string &path) {
    return Value(detail::checked([&](lb_error *e) { return lb_read_value(path.c_str(), e); }));
}
inline void write_value(const std::string &path, const Value &value) {
    detail::checked([&](lb_error *e) { return lb_write_value(path.c_str(), value.get(), e); });
}

/* So that code written for PyTorch needs little change: linkboy::jit::load, linkboy::jit::Module,
 * linkboy::jit::IValue. */
namespace jit {
using IValue = linkboy::Value;
using linkboy::load;
using linkboy::Module;
} // namespace jit

} // namespace linkboy

#endif
