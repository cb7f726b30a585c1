#!/usr/bin/env python3
"""Makes the files that attack: python3 scripts/make_hostile.py [--all] [DIRECTORY]   (tests/hostile)

Every attack is a function below: it gives the bytes of one file, and what must become of it (`refused`: an error that names the record
and the place; `loads`; `either`). Small files are kept in the repository, so that a reader of any language can use them; the big ones
(--all) are made when the tests run. Only Python's own library is needed: the zip and pickle bytes are put together here, because no
honest writer would write them. tests/hostile.py runs them.
"""
import os
import struct
import sys
import zlib
from dataclasses import dataclass
from typing import Callable

SMALL = 16_000  # bytes: bigger files are not kept

# ---- Pickle, protocol 2, by hand ----

MARK, STOP, EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT, NONE = b"(", b".", b")", b"]", b"}", b"N"
PROTO, REDUCE, BUILD, NEWOBJ, BINPERSID, TUPLE = b"\x80\x02", b"R", b"b", b"\x81", b"Q", b"t"


def pk(value):
    """Pickle opcodes that push a Python value."""
    if value is None:
        return NONE
    if isinstance(value, bytes):  # opcodes already
        return value
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        if -2**31 <= value < 2**31:
            return b"J" + struct.pack("<i", value)
        body = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(body)]) + body
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        body = value.encode()
        return b"X" + struct.pack("<I", len(body)) + body
    if isinstance(value, tuple):
        return MARK + b"".join(map(pk, value)) + TUPLE
    if isinstance(value, list):
        return EMPTY_LIST + MARK + b"".join(map(pk, value)) + b"e"
    if isinstance(value, dict):
        return EMPTY_DICT + MARK + b"".join(pk(k) + pk(v) for k, v in value.items()) + b"u"
    raise TypeError(value)


def glob(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


ORDERED_DICT = glob("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE


def storage(kind="FloatStorage", key="0", device="cpu", numel=4):
    return pk(("storage", glob("torch", kind), key, device, numel)) + BINPERSID


def tensor(size=(2, 2), stride=(2, 1), offset=0, requires_grad=False, rebuild="_rebuild_tensor_v2", extra=(), **of):
    return glob("torch._utils", rebuild) + pk((storage(**of), offset, tuple(size), tuple(stride), requires_grad, ORDERED_DICT, *extra)) + REDUCE


def module(attributes, name="M"):
    return glob("__torch__", name) + EMPTY_TUPLE + NEWOBJ + pk(attributes) + BUILD


def root(w):
    """data.pkl of the base archive, with `w` (opcodes or a value) as the attribute w."""
    return PROTO + module({"training": False, "w": w}) + STOP


# ---- Zip, by hand: every field can lie ----

@dataclass
class Entry:
    name: bytes
    data: bytes
    method: int = 0
    central: dict = None  # fields that the central directory claims
    local: dict = None    # fields that the local header claims

    def packed(self):
        if self.method != 8:
            return self.data
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        return squeeze.compress(self.data) + squeeze.flush()

    def fields(self, packed, offset):
        return {"flags": 0, "method": self.method, "crc": zlib.crc32(self.data), "packed": len(packed), "size": len(self.data),
                "name": self.name, "name_length": len(self.name), "extra": b"", "offset": offset}


def local_header(f):
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, f["flags"], f["method"], 0, 0, f["crc"], f["packed"], f["size"], f["name_length"],
                       len(f["extra"])) + f["name"] + f["extra"]


def central_header(f):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, f["flags"], f["method"], 0, 0, f["crc"], f["packed"], f["size"],
                       f["name_length"], len(f["extra"]), 0, 0, 0, 0, f["offset"]) + f["name"] + f["extra"]


def zipped(entries, prefix=b"", **end):
    """Bytes of a zip file; `end` overrides fields of the end record (count, size, offset)."""
    body, directory = bytearray(prefix), bytearray()
    for entry in entries:
        packed = entry.packed()
        fields = entry.fields(packed, len(body))
        directory += central_header({**fields, **(entry.central or {})})
        body += local_header({**fields, **(entry.local or {})}) + packed
    count = end.get("count", min(len(entries), 65535))
    return bytes(body + directory) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, end.get("size", len(directory)),
                                                 end.get("offset", len(body)), 0)


# ---- The honest archive that everything below spoils ----

CODE = """class M(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  w : Tensor
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    return torch.add(self.w, x)
"""
DATA = struct.pack("<4f", 1, 2, 3, 4)
RECORDS = {"data.pkl": root(tensor()), "code/__torch__.py": CODE.encode(), "data/0": DATA, "constants.pkl": PROTO + EMPTY_TUPLE + STOP,
           "version": b"3\n"}


def entries(changes=None, drop=(), folder="m", **special):
    """The honest entries with records changed or added; `special` maps a record's name with / and . as _ to Entry fields."""
    records = {**RECORDS, **(changes or {})}
    return [Entry(f"{folder}/{name}".encode(), data, **special.get(name.replace("/", "_").replace(".", "_"), {}))
            for name, data in records.items() if name not in drop]


def archive(changes=None, drop=(), **special):
    return zipped(entries(changes, drop, **special))


def with_pickle(data):
    return archive({"data.pkl": data})


def with_attribute(opcodes):
    return with_pickle(root(opcodes))


def with_code(text):
    return archive({"code/__torch__.py": text if isinstance(text, bytes) else text.encode()})


def body(statements):
    """The code with these lines as forward's body."""
    return CODE[: CODE.index("    return")] + "".join(f"    {line}\n" for line in statements)


# ---- The list ----

@dataclass
class Attack:
    name: str
    expect: str
    make: Callable[[], bytes]
    big: bool = False


ATTACKS = []


def attack(name, expect, make, big=False):
    ATTACKS.append(Attack(name, expect, make, big))


def tensor_attacks():
    def t(name, expect="refused", **of):
        attack("tensor/" + name, expect, lambda: with_attribute(tensor(**of)))

    t("honest", "loads")
    t("numel_big_size_big", numel=1_000_000, size=(1000, 1000), stride=(1000, 1))
    t("dtype_swap", kind="DoubleStorage")
    t("size_big", size=(5, 5), stride=(5, 1))
    t("size_huge", size=(2**40, 2**40), stride=(2**40, 1))
    t("size_product_wraps", size=(2**32, 2**32), stride=(1, 1))
    t("size_neg", size=(-2, -2))
    t("stride_big", stride=(1000, 1))
    t("stride_wraps", stride=(2**62, 2**62))
    t("stride_neg", stride=(-2, 1))
    t("offset_big", offset=10)
    t("offset_wraps", offset=2**63 - 1)
    t("offset_neg", offset=-1)
    t("numel_neg", numel=-4)
    t("rank_mismatch", size=(2, 2), stride=(1,))
    t("stride_zero", "either", size=(100, 4), stride=(0, 1))
    t("stride_zero_huge", "either", size=(2**40,), stride=(0,))
    t("zero_size_huge_partner", "either", size=(0, 2**62, 4), stride=(1, 1, 1))
    t("dims_65", size=(1,) * 65, stride=(1,) * 65)
    t("cuda_99", "either", device="cuda:99")
    t("meta", "either", device="meta")
    t("device_garbage", "either", device="no\x00device")
    t("requires_grad_int", "either", kind="IntStorage", requires_grad=True)
    t("conjugate_view", "either", extra=({"conj": True},))
    t("wrapper_subclass", rebuild="_rebuild_wrapper_subclass")
    t("type_v2", rebuild="_rebuild_from_type_v2")
    t("key_traversal", key="../../x")
    t("key_absolute", key="/etc/passwd")
    t("key_missing", key="7")
    t("key_empty", key="")
    t("storage_type_unknown", kind="EvilStorage")
    q = ((glob("torch", "per_tensor_affine"), 0.5, 0), False, ORDERED_DICT)

    def quantized(size, stride, scheme=q):
        return glob("torch._utils", "_rebuild_qtensor") + pk((storage("QUInt8Storage", numel=16), 0, size, stride, *scheme)) + REDUCE

    attack("tensor/quantized_stride_big", "refused", lambda: with_attribute(quantized((4, 4), (2**40, 1))))
    attack("tensor/quantized_size_neg", "refused", lambda: with_attribute(quantized((-4, 4), (4, 1))))
    channel = ((glob("torch", "per_channel_affine"), tensor(size=(1,), stride=(1,)), tensor(size=(1,), stride=(1,)), 9), False, ORDERED_DICT)
    attack("tensor/quantized_axis", "refused", lambda: with_attribute(quantized((4, 4), (4, 1), channel)))
    attack("tensor/sparse", "refused", lambda: with_attribute(
        glob("torch._utils", "_rebuild_sparse_tensor") + pk((glob("torch", "sparse_coo"), (tensor(), tensor(), (2**40, 2**40)))) + REDUCE))
    attack("tensor/two_dtypes", "either", lambda: with_attribute(pk([tensor(), tensor(kind="IntStorage")]) + b"0" + tensor(kind="IntStorage")))
    attack("tensor/wrong_attr_type", "refused", lambda: with_attribute(7))
    attack("tensor/wrong_attr_string", "refused", lambda: with_attribute("text"))
    attack("tensor/missing_attr", "refused", lambda: with_pickle(PROTO + module({"training": False}) + STOP))
    attack("tensor/unknown_attr", "either", lambda: with_pickle(PROTO + module({"training": False, "w": tensor(), "zz": 1}) + STOP))
    attack("tensor/root_not_module", "refused", lambda: with_pickle(PROTO + pk([1, 2]) + STOP))
    attack("tensor/root_int", "refused", lambda: with_pickle(PROTO + pk(5) + STOP))
    attack("tensor/root_class_missing", "refused", lambda: with_pickle(PROTO + module({}, "Nowhere") + STOP))


def pickle_attacks():
    def p(name, opcodes, expect="refused", big=False):
        attack("pickle/" + name, expect, lambda: with_pickle(opcodes() if callable(opcodes) else opcodes), big)

    def w(name, opcodes, expect="refused", big=False):
        attack("pickle/" + name, expect, lambda: with_attribute(opcodes() if callable(opcodes) else opcodes), big)

    p("empty", b"")
    p("stack_underflow", PROTO + b"0." )
    p("mark_underflow", PROTO + b"t.")
    p("pop_mark_underflow", PROTO + b"1.")
    p("setitems_list", PROTO + pk([]) + MARK + pk(1) + pk(2) + b"u.")
    p("setitems_odd", PROTO + EMPTY_DICT + MARK + pk(1) + pk(2) + pk(3) + b"u.")
    p("appends_tuple", PROTO + pk((1,)) + MARK + pk(2) + b"e.")
    p("append_int", PROTO + pk(1) + pk(2) + b"a.")
    p("memo_missing", PROTO + b"h\x05.")
    p("long_memo_missing", PROTO + b"j\xff\xff\xff\x7f.")
    p("no_stop", PROTO + pk(1))
    p("proto_9", b"\x80\x09" + pk(1) + STOP)
    p("frame", b"\x80\x04\x95" + struct.pack("<Q", 2**60) + pk(1) + STOP)
    p("long_memo", PROTO + pk(1) + b"r\xf0\xff\xff\xff.")
    p("string_4gb", PROTO + b"X\xff\xff\xff\xffabc.")
    p("string_8", PROTO + b"\x8d" + struct.pack("<Q", 2**62) + b"abc.")
    p("bytes_4gb", PROTO + b"B\xff\xff\xff\xffabc.")
    p("long1_200_bytes", PROTO + b"\x8a\xc8" + b"\x7f" * 200 + STOP)
    p("long4_negative", PROTO + b"\x8b\xff\xff\xff\xff" + STOP)
    p("long4_huge", PROTO + b"\x8b\xff\xff\xff\x7f" + STOP)
    w("deep_tuple", lambda: EMPTY_TUPLE + b"\x85" * 200_000, big=True)
    w("deep_list", lambda: EMPTY_LIST * 200_001 + b"a" * 200_000, big=True)
    w("deep_dict", lambda: (EMPTY_DICT + pk(1)) * 100_000 + NONE + b"s" * 100_000, big=True)
    w("deep_mark", lambda: MARK * 200_000 + TUPLE * 200_000, big=True)
    w("self_list", EMPTY_LIST + b"q\x01h\x01a")
    w("self_dict", EMPTY_DICT + b"q\x01" + pk("k") + b"h\x01s")
    w("self_module", glob("__torch__", "M") + EMPTY_TUPLE + NEWOBJ + b"q\x01" + EMPTY_DICT + pk("w") + b"h\x01s" + BUILD)
    w("memo_bomb", EMPTY_TUPLE + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(40)))
    w("memo_bomb_list", pk([]) + b"".join(b"q" + bytes([i]) + b"0" + EMPTY_LIST + b"h" + bytes([i]) + b"ah" + bytes([i]) + b"a" for i in range(40)))
    w("global_eval", glob("builtins", "eval") + pk(("__import__('os').system('touch hacked')",)) + REDUCE)
    w("global_os_system", glob("os", "system") + pk(("touch hacked",)) + REDUCE)
    w("global_posix_unused", glob("posix", "system"))
    w("global_torch_load", glob("torch", "load") + pk(("/etc/passwd",)) + REDUCE)
    w("global_utils_other", glob("torch._utils", "_import_dotted_name") + pk(("os.system",)) + REDUCE)
    w("global_name_1mb", lambda: glob("a" * 1_000_000, "b"), big=True)
    p("global_nl", PROTO + b"c\xff\xfe__torch__")
    w("stack_global", pk("builtins") + pk("eval") + b"\x93" + pk(("1",)) + REDUCE)
    w("reduce_on_data", pk("text") + pk((1,)) + REDUCE)
    w("reduce_args_not_tuple", glob("collections", "OrderedDict") + pk(5) + REDUCE)
    w("newobj_on_data", pk(5) + EMPTY_TUPLE + NEWOBJ)
    w("build_on_list", pk([1]) + pk({"a": 1}) + BUILD)
    w("build_on_shared", tensor() + b"q\x01h\x01" + pk({"a": 1}) + BUILD)
    w("build_not_dict", glob("__torch__", "M") + EMPTY_TUPLE + NEWOBJ + pk(5) + BUILD)
    w("ext1", b"\x82\x01")
    w("ext4", b"\x84\xff\xff\xff\x7f")
    w("persid_text", b"P../../etc/passwd\n")
    w("persid_short_tuple", pk(("storage",)) + BINPERSID)
    w("persid_not_storage", pk(("module", glob("os", "system"), "0", "cpu", 4)) + BINPERSID)
    w("inst", MARK + pk("x") + b"ios\nsystem\n")
    w("obj", MARK + glob("os", "system") + pk("true") + b"o")
    w("newobj_ex", glob("os", "system") + EMPTY_TUPLE + EMPTY_DICT + b"\x92")
    w("unknown_opcode", b"\xff")
    w("float_text", b"F1.5\n", "refused")
    w("int_text", b"I99999999999999999999999999\n")
    w("string_bad_utf8", b"X\x04\x00\x00\x00\xff\xfe\x80\xc0")
    w("binput_on_empty", b"q\x01" * 3)
    w("dict_key_list", EMPTY_DICT + pk([1]) + pk(2) + b"s")
    p("payload_then_garbage", PROTO + glob("os", "system") + pk(("touch hacked",)) + REDUCE + b"\xff\xff\xff")
    p("garbage_after_stop", root(tensor()) + b"garbage", "either")
    p("two_pickles", root(tensor()) + root(tensor()), "either")
    p("stop_with_two", PROTO + pk(1) + module({"training": False, "w": tensor()}) + STOP, "either")
    attack("pickle/constants_garbage", "refused", lambda: archive({"constants.pkl": b"\x80\x02\xff."}))
    attack("pickle/constants_not_tuple", "refused", lambda: archive({"constants.pkl": PROTO + pk(3) + STOP}))


def sweeps():
    """Every cut and every flipped byte of an honest data.pkl: made when the tests run."""
    honest = root(tensor())
    for at in range(len(honest)):
        attack(f"sweep/cut_{at:03}", "refused", lambda at=at: with_pickle(honest[:at]), True)
        attack(f"sweep/flip_{at:03}", "either", lambda at=at: with_pickle(honest[:at] + bytes([honest[at] ^ 0xFF]) + honest[at + 1:]), True)


def archive_attacks():
    def z(name, make, expect="refused", big=False):
        attack("archive/" + name, expect, make, big)

    def lying(**central):
        return lambda: archive(data_0={"central": central})

    honest = archive()
    z("empty_file", lambda: b"")
    z("not_a_zip", lambda: b"this is text, not a zip file\n" * 4)
    z("cut_in_half", lambda: honest[: len(honest) // 2])
    z("cut_end_record", lambda: honest[:-10])
    z("central_size_huge", lying(packed=0xFFFFFFF0, size=0xFFFFFFF0))
    z("central_packed_huge", lying(packed=0xFFFFFFF0))
    z("central_offset_past_end", lying(offset=0x7FFFFFFF))
    z("central_offset_into_directory", lambda: archive(data_0={"central": {"offset": len(honest) - 40}}))
    z("name_length_past_directory", lambda: archive(version={"central": {"name_length": 60000}}))
    z("entries_65535", lambda: zipped(entries(), count=65535))
    z("entries_0", lambda: zipped(entries(), count=0))
    z("directory_size_huge", lambda: zipped(entries(), size=0xFFFFFFF0))
    z("directory_offset_huge", lambda: zipped(entries(), offset=0xFFFFFFF0))
    z("zip64_marker_alone", lying(size=0xFFFFFFFF, packed=0xFFFFFFFF))
    z("zip64_extra_short", lying(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=b"\x01\x00\x08\x00" + b"\xff" * 8))
    z("zip64_extra_huge", lying(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=b"\x01\x00\x10\x00" + b"\xff" * 15 + b"\x7f"))
    z("zip64_end_marker_alone", lambda: zipped(entries(), count=0xFFFF, size=0xFFFFFFFF, offset=0xFFFFFFFF))
    z("method_99", lying(method=99))
    z("encrypted", lying(flags=1))
    z("prefix_bytes", lambda: zipped(entries(), prefix=b"#!/bin/sh\nexit\n"), "either")
    z("prefix_unaccounted", lambda: b"#!/bin/sh\nexit\n" + honest, "either")
    z("trailing_bytes", lambda: honest + b"after the end" * 3, "either")
    z("local_size_disagrees", lambda: archive(data_0={"local": {"size": 4000, "packed": 4000}}))
    z("local_name_disagrees", lambda: archive(data_0={"local": {"name": b"m/data/9"}}))
    z("local_method_disagrees", lambda: archive(data_0={"local": {"method": 8}}))
    z("local_extra_past_end", lambda: archive(version={"local": {"name_length": 65535}}))
    z("overlap_same_offset", lambda: zipped(entries({"data/1": DATA}, data_1={"central": {"offset": 0}})))
    z("overlap_inside", lying(offset=8))
    z("quine_overlap", lambda: zipped(entries(constants_pkl={"central": {"packed": 600, "size": 600}})))
    z("duplicate_data_pkl", lambda: zipped(entries() + [Entry(b"m/data.pkl", root(7))]))
    z("duplicate_by_case", lambda: zipped(entries() + [Entry(b"m/DATA.PKL", root(7))]), "either")
    z("crc_wrong", lying(crc=0xDEADBEEF), "either")
    z("byteorder_big", lambda: archive({"byteorder": b"big"}), "either")
    z("byteorder_garbage", lambda: archive({"byteorder": b"middle" * 100}))
    z("bomb_pickle", lambda: zipped(entries({"data.pkl": bytes(300 << 20)}, data_pkl={"method": 8})), big=True)
    z("bomb_code", lambda: zipped(entries({"code/__torch__.py": b" " * (300 << 20)}, code___torch___py={"method": 8})), big=True)
    z("bomb_storage", lambda: zipped(entries({"data/0": bytes(300 << 20)}, data_0={"method": 8})), "either", big=True)
    z("bomb_unused", lambda: zipped(entries({"extra/bomb": bytes(300 << 20)}, extra_bomb={"method": 8})), "either", big=True)
    z("bomb_size_lie", lambda: archive({"data.pkl": bytes(1 << 20)}, data_pkl={"method": 8, "central": {"size": 100}, "local": {"size": 100}}))
    z("deflate_garbage", lambda: archive(data_0={"central": {"method": 8}, "local": {"method": 8}}))
    z("records_60000", lambda: zipped(entries() + [Entry(b"m/extra/%d" % i, b"") for i in range(60_000)]), "either", big=True)
    z("nested_zip", lambda: archive({"extra/inner.zip": honest}), "loads")
    for name, path in (("dotdot", b"m/../../x"), ("backslash", b"m\\..\\x"), ("nul", b"m/a\x00b"), ("absolute", b"/etc/x"),
                       ("two_folders", b"other/data.pkl"), ("empty", b""), ("dot", b"m/./data.pkl"), ("bad_utf8", b"m/\xff\xfe"),
                       ("long", b"m/" + b"a" * 60_000)):
        z("name_" + name, lambda path=path: zipped(entries() + [Entry(path, b"x")]),
          "either" if name in ("bad_utf8", "dot") else "refused", big=name == "long")
    z("version_missing", lambda: archive(drop=("version",)))
    for name, text in (("abc", b"abc"), ("20_digits", b"9" * 20), ("99", b"99\n"), ("negative", b"-3\n"), ("empty", b""), ("zero", b"0\n"),
                       ("1mb", b"3" * 1_000_000)):
        z("version_" + name, lambda text=text: archive({"version": text}), big=len(text) > SMALL)
    z("data_pkl_missing", lambda: archive(drop=("data.pkl",)))
    z("code_missing", lambda: archive(drop=("code/__torch__.py",)))
    z("constants_missing", lambda: archive(drop=("constants.pkl",)), "either")


def code_attacks():
    def c(name, text, expect="refused", big=False):
        attack("code/" + name, expect, lambda: with_code(text() if callable(text) else text), big)

    def expression(name, make, expect="either", big=True):
        c(name, lambda: body(["return " + make()]), expect, big)

    expression("deep_parens_20000", lambda: "(" * 20_000 + "x" + ")" * 20_000)
    expression("deep_parens_200000", lambda: "(" * 200_000 + "x" + ")" * 200_000)
    expression("long_line_100000", lambda: "x" + "+x" * 100_000)
    expression("deep_unary_100000", lambda: "-" * 100_000 + "x")
    expression("deep_not_100000", lambda: "not " * 100_000 + "True")
    expression("deep_call_50000", lambda: "torch.neg(" * 50_000 + "x" + ")" * 50_000)
    expression("deep_list_50000", lambda: "[" * 50_000 + "x" + "]" * 50_000)
    expression("deep_subscript_50000", lambda: "x" + "[0]" * 50_000)
    expression("deep_attribute_50000", lambda: "self" + ".w" * 50_000)
    expression("deep_ternary_20000", lambda: "x if True else " * 20_000 + "x")
    expression("deep_power_50000", lambda: "x" + "**x" * 50_000)
    expression("deep_and_50000", lambda: "True" + " and True" * 50_000)
    c("deep_list_type", lambda: CODE.replace("x: Tensor", "x: " + "List[" * 100_000 + "int" + "]" * 100_000), "refused", True)
    c("deep_tuple_type", lambda: CODE.replace("x: Tensor", "x: " + "Tuple[int, " * 50_000 + "int" + "]" * 50_000), "refused", True)
    c("wide_tuple_type", lambda: CODE.replace("x: Tensor", "x: Tuple[" + "int, " * 100_000 + "int]"), "either", True)
    c("deep_if_2000", lambda: body([" " * (2 * i) + "if True:" for i in range(2000)] + [" " * 4000 + "y = x", "return x"]), "either", True)
    c("deep_for_500", lambda: body([" " * (2 * i) + f"for i{i} in range(0):" for i in range(500)] + [" " * 1000 + "pass", "return x"]), "either", True)
    c("unclosed_parens", lambda: body(["return " + "(" * 5000]), "refused")
    c("empty", "")
    c("no_newline_at_end", CODE.rstrip(), "loads")
    c("tabs", CODE.replace("    ", "\t"), "either")
    c("bad_indent", CODE.replace("    return", "   return"), "either")
    c("only_open_string", body(['return "abc']))
    c("string_backslash_end", body(['return "abc\\']))
    c("long_identifier", lambda: body(["return " + "a" * 1_000_000]), "refused", True)
    c("type_comment_eval", body(["# type: (__import__('os').system('touch hacked')) -> int", "return x"]), "either")
    c("annotation_eval", CODE.replace("x: Tensor", "x: __import__('os').system('touch hacked')"))
    c("annotation_number", CODE.replace("x: Tensor", "x: 5"))
    c("annotation_unknown", CODE.replace("x: Tensor", "x: Nothing[int]"))
    c("annotation_list_empty", CODE.replace("x: Tensor", "x: List[]"))
    c("annotation_dict_one", CODE.replace("x: Tensor", "x: Dict[int]"))
    c("namedtuple_empty", "class P(NamedTuple):\n" + CODE, "either")
    c("namedtuple_used_empty", "class P(NamedTuple):\n  pass\n" + CODE.replace("x: Tensor", "x: __torch__.P"), "either")
    c("constant_999999", body(["return torch.add(CONSTANTS.c999999, x)"]))
    c("constant_huge", body(["return torch.add(CONSTANTS.c99999999999999999999, x)"]))
    c("constant_named", body(["return CONSTANTS.evil"]))
    c("int_40_digits", body(["return torch.add(x, " + "9" * 40 + ")"]))
    c("int_min_minus_1", body(["return torch.add(x, -9223372036854775809)"]))
    c("float_long", lambda: body(["return torch.add(x, 1." + "1" * 100_000 + ")"]), "either", True)
    c("nul", CODE.encode().replace(b"return", b"re\0turn"))
    c("nul_in_string", body(['print("a\0b")', "return x"]).encode(), "either")
    c("bad_utf8_in_string", body(['print("@")', "return x"]).encode().replace(b"@", b"\xff\xc0\x80"), "either")
    c("bad_utf8_in_name", CODE.encode().replace(b"x", b"\xff\xc0"), "either")
    c("escape_bad", body(['print("\\x")', "return x"]), "either")
    c("escape_octal_huge", body(['print("\\777777")', "return x"]), "either")
    c("class_twice", CODE + CODE, "either")
    c("class_holds_itself", CODE.replace("w : Tensor", "w : Tensor\n  me : __torch__.M"))
    c("class_derives_itself", CODE.replace("class M(Module)", "class M(M)"))
    c("class_missing", CODE.replace("w : Tensor", "w : __torch__.nowhere.Lost"))
    c("call_missing_method", body(["return (self).nothing(x, )"]))
    c("calls_itself", body(["return (self).forward(x, )"]), "either")
    c("call_too_many", body(["return torch.neg(x, x, x, x, x, x)"]))
    c("call_too_few", body(["return torch.add()"]))
    c("call_unknown_op", body(["return torch.not_an_operator(x)"]), "either")
    c("call_unknown_namespace", body(["return ops.evil.run(x)"]), "either")
    c("get_missing_attr", body(["return self.nothing"]))
    c("set_missing_attr", body(["self.nothing = x", "return x"]))
    c("set_wrong_type", body(["self.w = 5", "return x"]))
    c("undefined_name", body(["return y"]))
    c("return_wrong_type", body(["return 5"]))
    c("missing_return", body(["y = x"]))
    c("break_outside_loop", body(["break", "return x"]))
    c("import_os", "import os\n" + CODE, "either")
    c("import_self", "import __torch__\n" + CODE, "either")
    c("import_traversal", "import __torch__.../../x\n" + CODE, "either")
    c("statement_outside", CODE + "print(1)\n")
    c("duplicate_method", CODE + CODE[CODE.index("  def"):], "either")
    c("duplicate_argument", CODE.replace("x: Tensor", "x: Tensor,\n    x: Tensor"), "either")
    cycle = {"code/__torch__.py": b"import __torch__.a\n" + CODE.encode().replace(b"w : Tensor", b"w : __torch__.a.A"),
             "code/__torch__/a.py": b"import __torch__.b\nclass A(Module):\n  b : __torch__.b.B\n",
             "code/__torch__/b.py": b"import __torch__.a\nclass B(Module):\n  a : __torch__.a.A\n"}
    attack("code/import_cycle", "refused", lambda: archive(cycle))
    # debug files: loading must go on without what they say
    ranges = {"garbage": b"\xff\xfe garbage", "empty": b"", "outside": PROTO + pk(((0, 2**31 - 1, 2**31 - 1), (10**12, -5, 7))) + STOP,
              "not_tuples": PROTO + pk([5, "x", None]) + STOP,
              "outside_v2": PROTO + pk(("FORMAT_WITH_STRING_TABLE", ["", "f.py", "text"], ((0, 999999, ((2, 1, 2**40), (9, 9, 9), -1)),))) + STOP,
              "evil": PROTO + glob("os", "system") + pk(("touch hacked",)) + REDUCE + STOP}
    for name, data in ranges.items():
        attack("code/debug_" + name, "loads", lambda data=data: archive({"code/__torch__.py.debug_pkl": data}))


for _section in (tensor_attacks, pickle_attacks, sweeps, archive_attacks, code_attacks):
    _section()


def path_of(directory, attack_):
    return os.path.join(directory, attack_.name + ".pt")


def write(attack_, directory):
    path = path_of(directory, attack_)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(attack_.make())
    return path


def main():
    words = [a for a in sys.argv[1:] if a != "--all"]
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    directory = words[0] if words else os.path.normpath(os.path.join(top, "tests", "hostile"))
    made = [write(a, directory) for a in ATTACKS if "--all" in sys.argv or not a.big]
    print(f"{len(made)} of {len(ATTACKS)} files in {directory}, {sum(map(os.path.getsize, made)) // 1024} KB")


if __name__ == "__main__":
    main()
