"""Small changes to a module's source, each of which a test ought to notice.

Rules:
- One change a mutant: a comparison, a boolean or an arithmetic operator, a constant, a condition's sense, a value that
  is returned, a statement or a part of a condition that is left out.
- A mutant goes by the function it stands in and by what was changed into what, so that its name outlives moved lines;
  the second of two alike in a function is `#2`.
- Left alone: docstrings, annotations and the code for type checkers, `__slots__` and `__all__`, reprs, and the wording
  of a SigningError, which is no protocol. S3's words are one: they are changed.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARISONS = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
}  # fmt: skip
OUR_OWN_WORDS = {
    "SigningError", "ValueError", "RuntimeError", "TypeError", "AttributeError", "KeyError",
    "_no_host",  # makes a SigningError
}  # fmt: skip


class Mutant(NamedTuple):
    """`name` says what was changed where; `source` is the whole module, changed."""

    name: str
    line: int
    source: str


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    seen: dict[str, int] = {}
    for path, function in _places(tree):
        original = _at(tree, path)
        for changed in _changes(original, _at(tree, path[:-1])):
            name = f"{module}.{function}: {_short(original)} -> {_short(changed)}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name} #{seen[name]}"
            yield Mutant(name, getattr(original, "lineno", 0), ast.unparse(_replaced(tree, path, changed)))


def _short(node: ast.AST | None) -> str:
    text = "nothing" if node is None or isinstance(node, ast.Pass) else " ".join(ast.unparse(node).split())
    return text if len(text) <= 160 else f"{text[:120]}...{text[-37:]}"


# A path leads from the tree to a node: field names, and places in lists.
def _places(tree: ast.Module) -> Iterator[tuple[tuple[str | int, ...], str]]:
    def visit(node: ast.AST, path: tuple[str | int, ...], function: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if path:
            yield path, function
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = node.name if function == "<module>" else f"{function}.{node.name}"
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "type_params"} or _is_left_alone(node, field):
                continue
            for position, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST) and not (field == "body" and position == 0 and _is_docstring(child)):
                    yield from visit(child, (*path, field, *(() if position is None else (position,))), function)

    yield from visit(tree, (), "<module>")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_left_alone(node: ast.AST, field: str) -> bool:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"__slots__", "__all__", "TYPE_CHECKING"}:
        return True
    if isinstance(node, ast.FunctionDef) and node.name in {"__repr__", "__dir__"}:
        return True
    if isinstance(node, ast.Call) and field == "args" and ast.unparse(node.func) in OUR_OWN_WORDS:
        return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Global | ast.Nonlocal)


def _changes(node: ast.AST, parent: ast.AST | list[ast.AST]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                changed = copy.deepcopy(node)
                changed.ops[position] = other()
                yield changed
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for left_out in node.values:
            rest = [value for value in node.values if value is not left_out]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.UnaryOp):
        changed = copy.copy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise | ast.AugAssign) or (isinstance(node, ast.Expr) and not _is_docstring(node)):
        yield ast.Pass()
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Continue):
        yield ast.Pass()


def _other_constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, str):
        yield ast.Constant(value[:-1] if "X" in value else value + "X")  # of a set of characters that has X, one less
    elif isinstance(value, bytes):
        yield ast.Constant(value[:-1] if b"X" in value else value + b"X")


def _at(tree: ast.AST, path: tuple[str | int, ...]) -> ast.AST:
    node: object = tree
    for step in path:
        node = getattr(node, step) if isinstance(step, str) else node[step]  # type: ignore[index]
    return node  # type: ignore[return-value]


def _replaced(tree: ast.Module, path: tuple[str | int, ...], changed: ast.AST) -> ast.Module:
    """A copy of the tree with another node at the path; what lies off the path is shared."""
    root = copy.copy(tree)
    parent: object = root
    for number, step in enumerate(path):
        child = getattr(parent, step) if isinstance(step, str) else parent[step]  # type: ignore[index]
        child = changed if number == len(path) - 1 else copy.copy(child)
        if isinstance(step, str):
            setattr(parent, step, child)
        else:
            parent[step] = child  # type: ignore[index]
        parent = child
    return ast.fix_missing_locations(root)
