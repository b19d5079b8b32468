"""Finds places in the dashboard's code where a value from the data could reach text that Streamlit reads as Markdown.

The rule, for every call of a Streamlit command:

* ``FREE`` lists the arguments that are inert (drawn as plain text, or never drawn) and may hold anything.
* Every other argument must be ours: a literal, a call of `words` with a literal template, or a constant in CAPITALS.
  Such a constant is made when its module is imported, before anything has been read, and is never assigned again.
* What is neither in ``FREE`` nor in ``PLAIN`` is not allowed at all, so a new command must be decided on first.

What `words` lets through is checked when it runs: figures and dates, no text.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

# Never drawn: they name, size, place or steer.
QUIET = {
    "alignment", "args", "bind", "border", "column_config", "default", "disabled", "expanded", "gap", "height",
    "hide_index", "horizontal", "index", "key", "kwargs", "layout", "format", "delta_arrow", "delta_color",
    "max_chars", "max_upload_size", "mime", "on_change", "on_click", "on_select",
    "persist_state", "required", "selection_mode", "spec", "type", "vertical_alignment", "width",
}  # fmt: skip
# Command -> further arguments that are inert; text in charts, tables, options of a selectbox and `st.text` is plain.
FREE = {
    "altair_chart": {"altair_chart", "alt"},
    "audio": {"data", "format"},
    "checkbox": {"value"},
    "code": {"body"},
    "dataframe": {"data"},
    "date_input": {"value", "min_value", "max_value"},
    "download_button": {"data"},
    "number_input": {"min_value", "max_value", "value"},
    "multiselect": {"options", "format_func"},
    "radio": {"options", "format_func"},
    "selectbox": {"options", "format_func"},
    "text_input": {"value"},
    "segmented_control": {"format_func"},
    "text": {"body"},
    "text_area": {"value"},
    "toggle": {"value"},
}
PLAIN = {
    "button", "caption", "columns", "container", "date_input", "empty", "error", "expander", "file_uploader", "form",
    "form_submit_button", "header", "info", "markdown", "metric", "set_page_config", "status", "subheader", "title",
    "warning",
}  # fmt: skip
SILENT = {"get_option", "rerun", "stop"}
NAMESPACES = {"cache_data", "cache_resource", "column_config", "context", "session_state", "sidebar"}
IMPORTS = {
    ("streamlit", "net_util"),
    ("streamlit.runtime.scriptrunner", "get_script_run_ctx"),
}
CHANGES = {"append", "extend", "insert", "setdefault", "update", "__setitem__"}
COMMANDS = {name for name in dir(DeltaGenerator) if not name.startswith("_")} | (FREE.keys() | PLAIN)


def found(code: str) -> list[str]:
    """What breaks the rule, each with its line."""
    tree = ast.parse(code)
    return [f"line {node.lineno}: {what}" for node, what in _found(tree)]  # type: ignore[attr-defined]


def _found(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_st(node.value):
            if node.attr not in NAMESPACES and id(node) not in called:
                yield node, f"st.{node.attr} is not called where it stands"
        elif isinstance(node, ast.Name) and node.id == "st" and not _used_plainly(node, tree):
            yield node, "st is passed on"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit"):
            strange = {(node.module, name.name) for name in node.names} - IMPORTS
            if strange:
                yield node, f"imports {strange} of streamlit"
        elif isinstance(node, ast.Call):
            yield from _call(node, tree)
    yield from _constants_assigned_later(tree)


def _is_st(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "st"


def _used_plainly(name: ast.Name, tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.value is name for node in ast.walk(tree))


def _call(call: ast.Call, tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(call.func, ast.Name):
        if call.func.id == "Words" or (call.func.id == "words" and not (call.args and _literal(call.args[0]))):
            yield call, f"{call.func.id} of something else than a literal"
        return
    if not isinstance(call.func, ast.Attribute):
        return
    name, owner = call.func.attr, call.func.value
    if isinstance(owner, ast.Attribute) and owner.attr == "column_config":
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
            if not _ours(value):
                yield call, f"a value in column_config.{name}"
    elif _is_st(owner) and name in SILENT:
        return
    elif _is_st(owner) or name in COMMANDS:
        yield from _command(call, name)


def _command(call: ast.Call, name: str) -> Iterator[tuple[ast.AST, str]]:
    if name not in FREE and name not in PLAIN:
        yield call, f"{name} is not decided on"
        return
    if any(isinstance(value, ast.Starred) for value in call.args) or any(key.arg is None for key in call.keywords):
        yield call, f"{name} with unpacked arguments"
        return
    names = list(inspect.signature(getattr(st, name)).parameters)
    given = [*zip(names, call.args, strict=False), *((key.arg or "", key.value) for key in call.keywords)]
    for argument, value in given:
        if argument == "unsafe_allow_html":
            yield call, "HTML"
        elif argument == "page_icon" and isinstance(value, ast.Constant):
            yield call, "an icon by name, which the browser fetches from fonts.gstatic.com"
        elif argument not in QUIET | FREE.get(name, set()) and not _ours(value):
            yield call, f"a value in {argument} of {name}"


def _ours(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "words"
    if isinstance(node, ast.IfExp):
        return _ours(node.body) and _ours(node.orelse)
    return _literal(node)


def _literal(node: ast.expr) -> bool:
    """Whether it is written in the code: a literal, or a constant in capitals, or one of what such a constant holds."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Attribute):  # a constant of another module, such as views.TITLES
        return _capitals(node.attr) and isinstance(node.value, ast.Name)
    if isinstance(node, ast.Subscript):
        return _literal(node.value)
    return isinstance(node, ast.Name) and _capitals(node.id)


def _capitals(name: str) -> bool:
    return name.isupper()


def _constants_assigned_later(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    at_import = {id(statement) for statement in tree.body}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            while isinstance(target, ast.Subscript | ast.Attribute):
                target = target.value
            if isinstance(target, ast.Name) and _capitals(target.id) and id(node) not in at_import:
                yield node, f"{target.id} is assigned later"
        if isinstance(node, ast.Attribute) and node.attr in CHANGES and _literal(node.value):
            yield node, f"a constant is changed by {node.attr}"
        if isinstance(node, ast.arg) and _capitals(node.arg):
            yield node, f"{node.arg} is a parameter in capitals"
