/* The instructions of the bytecode, one row each: what the four operands of an instruction are, and what it
 * does.
 *
 * An instruction is 16 bytes: an opcode, three registers a, b, c and a word k. The columns say what an
 * operand is (verify.c checks it, disassemble.c shows it):
 *   -  unused            J  k.target: a place to jump to
 *   I F B G  a register of that class that is written; A: of any class
 *   i f b g  a register of that class that is read; a: of any class
 *   N  a plain number in a, b or c
 *   K  k.integer        S  k.site: an operator or call       T  k.type
 * Registers of the classes int, float and bool always hold that tag: such instructions touch payloads alone.
 * A register of the class G is None whenever it is written, since whatever it held was moved out or dropped
 * at its last use. */
#ifndef LINKBOY_EXEC_OPCODES_H
#define LINKBOY_EXEC_OPCODES_H

#define OPCODES(X)                                                                                     \
    /* moves */                                                                                        \
    X(MOVE_INT, "move.i", 'I', 'i', '-', '-') /* a = b */                                              \
    X(MOVE_FLOAT, "move.f", 'F', 'f', '-', '-')                                                        \
    X(MOVE_BOOL, "move.b", 'B', 'b', '-', '-')                                                         \
    X(COPY, "copy", 'G', 'a', '-', '-')        /* retains */                                           \
    X(TAKE, "take", 'G', 'g', '-', '-')        /* b becomes None */                                    \
    X(NARROW, "narrow", 'A', 'g', '-', '-')    /* a's class must be b's tag; b stays */                \
    X(DROP, "drop", '-', 'g', '-', '-')        /* b is given up */                                     \
    X(CHECK_TYPE, "check", '-', 'g', '-', 'T') /* an error unless b may be of that type */             \
    X(UNINITIALIZED, "uninitialized", 'G', '-', '-', '-')                                              \
    X(LOAD_INT, "load.i", 'I', '-', '-', 'K')                                                          \
    /* int */                                                                                          \
    X(ADD, "add.i", 'I', 'i', 'i', '-')                                                                \
    X(SUB, "sub.i", 'I', 'i', 'i', '-')                                                                \
    X(MUL, "mul.i", 'I', 'i', 'i', '-')                                                                \
    X(FLOORDIV, "floordiv.i", 'I', 'i', 'i', '-')                                                      \
    X(REM, "rem.i", 'I', 'i', 'i', '-')                                                                \
    X(REM_K, "rem.ik", 'I', 'i', 'i', 'K') /* k.integer > 0; c: 2^64 / k.integer + 1 */                \
    X(FLOORDIV_K, "floordiv.ik", 'I', 'i', '-', 'K')                                                   \
    X(AND, "and.i", 'I', 'i', 'i', '-')                                                                \
    X(OR, "or.i", 'I', 'i', 'i', '-')                                                                  \
    X(XOR, "xor.i", 'I', 'i', 'i', '-')                                                                \
    X(SHL, "shl.i", 'I', 'i', 'i', '-')                                                                \
    X(SHR, "shr.i", 'I', 'i', 'i', '-')                                                                \
    X(MIN, "min.i", 'I', 'i', 'i', '-')                                                                \
    X(MAX, "max.i", 'I', 'i', 'i', '-')                                                                \
    X(NEG, "neg.i", 'I', 'i', '-', '-')                                                                \
    X(BITNOT, "not.i", 'I', 'i', '-', '-')                                                             \
    /* float */                                                                                        \
    X(ADD_F, "add.f", 'F', 'f', 'f', '-')                                                              \
    X(SUB_F, "sub.f", 'F', 'f', 'f', '-')                                                              \
    X(MUL_F, "mul.f", 'F', 'f', 'f', '-')                                                              \
    X(DIV_F, "div.f", 'F', 'f', 'f', '-')                                                              \
    X(NEG_F, "neg.f", 'F', 'f', '-', '-')                                                              \
    /* between classes */                                                                              \
    X(INT_TO_FLOAT, "float.i", 'F', 'i', '-', '-')                                                     \
    X(FLOAT_TO_INT, "int.f", 'I', 'f', '-', '-')                                                       \
    X(INT_TO_BOOL, "bool.i", 'B', 'i', '-', '-')                                                       \
    X(FLOAT_TO_BOOL, "bool.f", 'B', 'f', '-', '-')                                                     \
    X(BOOL_TO_INT, "int.b", 'I', 'b', '-', '-')                                                        \
    X(BOOL_TO_FLOAT, "float.b", 'F', 'b', '-', '-')                                                    \
    /* comparisons */                                                                                  \
    X(EQ, "eq.i", 'B', 'i', 'i', '-')                                                                  \
    X(NE, "ne.i", 'B', 'i', 'i', '-')                                                                  \
    X(LT, "lt.i", 'B', 'i', 'i', '-')                                                                  \
    X(LE, "le.i", 'B', 'i', 'i', '-')                                                                  \
    X(EQ_F, "eq.f", 'B', 'f', 'f', '-')                                                                \
    X(NE_F, "ne.f", 'B', 'f', 'f', '-')                                                                \
    X(LT_F, "lt.f", 'B', 'f', 'f', '-')                                                                \
    X(LE_F, "le.f", 'B', 'f', 'f', '-')                                                                \
    X(EQ_B, "eq.b", 'B', 'b', 'b', '-')                                                                \
    X(NE_B, "ne.b", 'B', 'b', 'b', '-')                                                                \
    X(AND_B, "and.b", 'B', 'b', 'b', '-')                                                              \
    X(OR_B, "or.b", 'B', 'b', 'b', '-')                                                                \
    X(NOT, "not.b", 'B', 'b', '-', '-')                                                                \
    X(IS_NONE, "isnone", 'B', 'a', '-', '-')                                                           \
    X(IS_NOT_NONE, "isnotnone", 'B', 'a', '-', '-')                                                    \
    /* jumps */                                                                                        \
    X(JUMP, "jump", '-', '-', '-', 'J')                                                                \
    X(JUMP_IF, "jump.if", '-', 'b', '-', 'J')                                                          \
    X(JUMP_UNLESS, "jump.unless", '-', 'b', '-', 'J')                                                  \
    X(JUMP_EQ, "jump.eq", '-', 'i', 'i', 'J')                                                          \
    X(JUMP_NE, "jump.ne", '-', 'i', 'i', 'J')                                                          \
    X(JUMP_LT, "jump.lt", '-', 'i', 'i', 'J')                                                          \
    X(JUMP_LE, "jump.le", '-', 'i', 'i', 'J')                                                          \
    X(JUMP_REM_EQ, "jump.rem.eq", 'i', 'i', 'i', 'J') /* b % k.number == c; a: 2^64 / k.number + 1 */  \
    X(JUMP_REM_NE, "jump.rem.ne", 'i', 'i', 'i', 'J')                                                  \
    X(JUMP_LT_F, "jump.lt.f", '-', 'f', 'f', 'J')                                                      \
    X(JUMP_LE_F, "jump.le.f", '-', 'f', 'f', 'J')                                                      \
    X(JUMP_NOT_LT_F, "jump.nlt.f", '-', 'f', 'f', 'J')                                                 \
    X(JUMP_NOT_LE_F, "jump.nle.f", '-', 'f', 'f', 'J')                                                 \
    X(LOOP, "loop", 'I', 'i', 'N', 'J') /* ++a < b: jump back; else skip c instructions */             \
    X(BACK, "back", '-', '-', '-', 'J') /* jump back: counts a step */                                 \
    X(BACK_IF, "back.if", '-', 'b', '-', 'J')                                                          \
    X(BACK_EQ, "back.eq", '-', 'i', 'i', 'J')                                                          \
    X(BACK_NE, "back.ne", '-', 'i', 'i', 'J')                                                          \
    X(BACK_LT, "back.lt", '-', 'i', 'i', 'J')                                                          \
    X(BACK_LE, "back.le", '-', 'i', 'i', 'J')                                                          \
    X(BACK_LOOP_IF, "back.loop.if", 'I', 'i', 'b', 'J') /* c and ++a < b: jump back */                 \
    /* operators and calls */                                                                          \
    X(OP, "op", '-', '-', '-', 'S')                                                                    \
    X(CALL, "call", '-', '-', '-', 'S')                                                                \
    X(CALL_INTERFACE, "call.interface", '-', '-', '-', 'S')                                            \
    X(FUSED, "fused", '-', '-', '-', 'S') /* a chain by one kernel, or the site's code */              \
    X(FORK, "fork", '-', '-', '-', 'S')                                                                \
    X(TRY, "try", '-', '-', '-', 'S') /* results: the site's code's, which handler, what was caught */ \
    X(RERAISE, "reraise", '-', 'g', '-', '-')                                                          \
    X(WAIT, "wait", 'A', 'g', '-', '-')                                                                \
    X(RETURN, "return", '-', 'a', 'N', '-') /* c: b is moved */                                        \
    X(RAISE, "raise", 'N', 'a', 'a', '-')   /* message, class or None */                               \
    X(PRINT, "print", '-', '-', '-', 'S')                                                              \
    X(WARN, "warn", '-', '-', '-', 'S')                                                                \
    X(ENTER, "enter", 'G', 'g', '-', '-')                                                              \
    X(EXIT, "exit", 'G', 'g', '-', '-')                                                                \
    /* containers and objects */                                                                       \
    X(MAKE_LIST, "list", '-', '-', '-', 'S')                                                           \
    X(MAKE_TUPLE, "tuple", '-', '-', '-', 'S')                                                         \
    X(MAKE_DICT, "dict", '-', '-', '-', 'S')                                                           \
    X(MAKE_OBJECT, "object", 'G', '-', '-', 'T')                                                       \
    X(UNPACK_LIST, "unpack.list", '-', '-', '-', 'S')                                                  \
    X(UNPACK_TUPLE, "unpack.tuple", '-', '-', '-', 'S')                                                \
    X(GET_ATTRIBUTE, "get", 'A', 'g', 'N', '-') /* c: the slot */                                      \
    X(SET_ATTRIBUTE, "set", 'N', 'g', 'a', '-') /* a: the slot; c is copied in */                      \
    X(LIST_GET, "list.get", 'A', 'g', 'i', '-')                                                        \
    X(LIST_SET, "list.set", 'a', 'g', 'i', '-')       /* a is copied in */                             \
    X(LIST_APPEND, "list.append", '-', 'g', 'a', 'K') /* k.integer: c is moved */                      \
    X(LIST_LENGTH, "list.len", 'I', 'g', '-', '-')                                                     \
    X(TUPLE_GET, "tuple.get", 'A', 'g', 'i', '-')                                                      \
    X(TUPLE_SLICE, "tuple.slice", '-', '-', '-', 'S')                                                  \
    X(IS_INSTANCE, "isinstance", '-', '-', '-', 'S')                                                   \
    X(HAS_ATTRIBUTE, "hasattr", '-', '-', '-', 'S')                                                    \
    X(ENUM_NAME, "enum.name", 'G', 'g', '-', '-')                                                      \
    X(ENUM_VALUE, "enum.value", 'A', 'g', '-', '-')                                                    \
    X(CONTAINER_GET, "container.get", '-', '-', '-', 'S')                                              \
    X(TO_LIST, "tolist", '-', '-', '-', 'S')                                                           \
    X(RANGE_LENGTH, "range.length", '-', '-', '-', 'S')                                                \
    X(FAIL, "fail", '-', '-', '-', 'S') /* what cannot run: the site says why */

#endif
