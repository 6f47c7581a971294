"""The operators of the filter language, and which types of values each one compares.

Facts: libs: userspace/libsinsp/filter_compare.cpp, flt_is_comparable().
"""

from typing import Final

NUMBER_OPS: Final = ("<=", "<", ">=", ">")
SYMBOL_OPS: Final = ("==", "=", "!=")
WORD_OPS: Final = ("glob", "iglob", "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "regex")
LIST_OPS: Final = ("intersects", "in", "pmatch")
MODIFIERS: Final = ("oneof", "anyof", "allof")
ALL: Final = ("exists", *NUMBER_OPS, *SYMBOL_OPS, *WORD_OPS, *LIST_OPS)

_EQUALITY = frozenset({"=", "==", "!=", "in", "intersects", "exists"})
_ORDER = frozenset(NUMBER_OPS)
_NUMBERS = _EQUALITY | _ORDER
_TEXT = frozenset({"contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex", "pmatch"})
# group of types: what it is called in messages -> operators
GROUPS: Final = {
    "number": _NUMBERS,
    "boolean": _EQUALITY,
    "string": _EQUALITY | _ORDER | _TEXT,
    "buffer": _EQUALITY | {"contains", "startswith", "endswith", "bcontains", "bstartswith"},
    "address": _EQUALITY,
    "list": frozenset({"in", "intersects", "exists"}),
    "opaque": frozenset({"exists"}),
}
_INTEGERS = ("INT", "UINT", "FLAGS", "ENUMFLAGS")
_NUMBER_TYPES = ("ERRNO", "FD", "PID", "FD32", "PID32", "SYSCALLID", "SIGTYPE", "RELTIME", "ABSTIME", "PORT", "DOUBLE", "MODE")
_GROUP_OF: Final = {
    **dict.fromkeys([f"{kind}{bits}" for kind in _INTEGERS for bits in (8, 16, 32, 64)], "number"),
    **dict.fromkeys(_NUMBER_TYPES, "number"),
    "BOOL": "boolean",
    **dict.fromkeys(("IPV4ADDR", "IPV4NET", "IPV6ADDR", "IPV6NET", "IPADDR", "IPNET"), "address"),
    **dict.fromkeys(("CHARBUF", "FSPATH", "FSRELPATH"), "string"),
    "BYTEBUF": "buffer",
}
_LISTABLE: Final = frozenset({"CHARBUF", "UINT64", "RELTIME", "ABSTIME", "BOOL", "IPADDR", "IPNET"})
NETS: Final = frozenset({"IPNET", "IPV4NET", "IPV6NET"})


def group_of(value_type: str, is_list: bool) -> str:
    """The group (a key of GROUPS) whose operators a value of this type takes."""
    if is_list:
        return "list" if value_type in _LISTABLE else "opaque"
    return _GROUP_OF.get(value_type, "opaque")
