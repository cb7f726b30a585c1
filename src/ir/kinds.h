/* The kinds of nodes that the code switches over, as names known when the library is built. All other kinds
 * are ordinary interned names. The order is of no meaning. */
#ifndef LINKBOY_IR_KINDS_H
#define LINKBOY_IR_KINDS_H

/* X(enum suffix, text) */
#define KINDS(X)                                            \
    X(PARAM, "prim::Param")                                 \
    X(RETURN, "prim::Return")                               \
    X(CONSTANT, "prim::Constant")                           \
    X(IF, "prim::If")                                       \
    X(LOOP, "prim::Loop")                                   \
    X(LOAD, "prim::Load")                                   \
    X(STORE, "prim::Store")                                 \
    X(BREAK_STMT, "prim::BreakStmt")                        \
    X(CONTINUE_STMT, "prim::ContinueStmt")                  \
    X(RETURN_STMT, "prim::ReturnStmt")                      \
    X(LOOP_CONTINUATION, "prim::LoopContinuation")          \
    X(CLOSURE, "prim::Closure")                             \
    X(CREATE_CLASS_CLOSURE, "prim::CreateClassClosure")     \
    X(WITH, "prim::With")                                   \
    X(ENTER, "prim::Enter")                                 \
    X(EXIT, "prim::Exit")                                   \
    X(FORK, "prim::fork")                                   \
    X(FORK_CLOSURE, "prim::forkClosure")                    \
    X(AWAITABLE, "prim::awaitable")                         \
    X(TRY, "prim::Try")                                     \
    X(TRY_CLOSURE, "prim::TryClosure")                      \
    X(RERAISE, "prim::Reraise")                             \
    X(LIST_CONSTRUCT, "prim::ListConstruct")                \
    X(LIST_UNPACK, "prim::ListUnpack")                      \
    X(DICT_CONSTRUCT, "prim::DictConstruct")                \
    X(EMPTY_LIST_LITERAL, "prim::EmptyListLiteral")         \
    X(COMPREHENSION_SCOPE, "prim::ComprehensionScope")      \
    X(AWAITABLE_CLOSURE, "prim::awaitableClosure")          \
    X(TUPLE_CONSTRUCT, "prim::TupleConstruct")              \
    X(TUPLE_UNPACK, "prim::TupleUnpack")                    \
    X(TUPLE_INDEX, "prim::TupleIndex")                      \
    X(TUPLE_SLICE, "prim::TupleSlice")                      \
    X(GET_ATTR, "prim::GetAttr")                            \
    X(SET_ATTR, "prim::SetAttr")                            \
    X(HAS_ATTR, "prim::HasAttr")                            \
    X(CREATE_OBJECT, "prim::CreateObject")                  \
    X(CALL_FUNCTION, "prim::CallFunction")                  \
    X(CALL_METHOD, "prim::CallMethod")                      \
    X(UNCHECKED_CAST, "prim::unchecked_cast")               \
    X(UNINITIALIZED, "prim::Uninitialized")                 \
    X(ISINSTANCE, "prim::isinstance")                       \
    X(PRINT, "prim::Print")                                 \
    X(RAISE_EXCEPTION, "prim::RaiseException")              \
    X(MODULE_CONTAINER_INDEX, "prim::ModuleContainerIndex") \
    X(TOLIST, "prim::tolist")                               \
    X(ENUM_NAME, "prim::EnumName")                          \
    X(ENUM_VALUE, "prim::EnumValue")                        \
    X(PYTHON_OP, "prim::PythonOp")                          \
    X(DIFFERENTIABLE_GRAPH, "prim::DifferentiableGraph")    \
    X(FUSION_GROUP, "prim::FusionGroup")                    \
    X(UNPACKED_NONE, "prim::AutogradZero")                  \
    X(DATA, "prim::data")                                   \
    X(TRACED_ATTR, "prim::TracedAttr")                      \
    X(TRACED_MODULE, "prim::TracedModuleForward")           \
    X(ATEN_WAIT, "aten::wait")                              \
    X(ATEN_WARN, "aten::warn")                              \
    X(ATEN_FORMAT, "aten::format")                          \
    X(ATEN_LEN, "aten::len")                                \
    X(ATEN_GETITEM, "aten::__getitem__")                    \
    X(ATEN_APPEND, "aten::append")                          \
    X(ATEN_IS, "aten::__is__")                              \
    X(ATEN_ISNOT, "aten::__isnot__")                        \
    X(ATEN_NOT, "aten::__not__")                            \
    X(ATEN_BOOL, "aten::Bool")                              \
    X(ATEN_INT, "aten::Int")                                \
    X(ATEN_FLOAT, "aten::Float")

enum kind {
#define X(suffix, text) KIND_##suffix,
    KINDS(X)
#undef X
        KIND_COUNT
};

/* Seeds for the name pool of a unit, in the order of enum kind. */
extern const char *const kind_texts[KIND_COUNT];
#endif
