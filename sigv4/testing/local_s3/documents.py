"""S3's XML, in and out.

Reading: bytes from outside are hostile. A document is bounded in size, elements and depth, and has no DTD, so that no
entity can be declared; namespaces are dropped, as S3 takes documents with and without its own. Anything amiss is
MalformedXML.

Writing: a document is nested pairs, `render("Error", [("Code", "NoSuchKey"), ("Parts", [...])])`. None leaves an
element out. Characters that XML 1.0 cannot carry stand as character references, as S3 writes them: who lists such
keys asks for encoding-type=url.
"""

from __future__ import annotations

from functools import cache

from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn, TypeAlias
    from xml.parsers.expat import XMLParserType

    Content: TypeAlias = "str | int | bool | Sequence[tuple[str, Content]] | None"

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_XSI_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
# Room for DeleteObjects with 1000 of the longest keys, and for CompleteMultipartUpload with 10,000 parts.
MAX_BYTES = 4 << 20
MAX_ELEMENTS = 100_000
MAX_DEPTH = 10

_UNCARRIED = [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]  # XML 1.0, section 2.2
_REPLACEMENTS = dict.fromkeys(_UNCARRIED, "\ufffd")


class Element:
    """An element of a document that was read: `name` without namespace, its text, its children; `kind` is its
    xsi:type, the one attribute that S3 reads.
    """

    __slots__ = ("children", "kind", "name", "text")

    def __init__(self, name: str, kind: str = "") -> None:
        self.name = name
        self.kind = kind
        self.text = ""
        self.children: list[Element] = []

    def all(self, name: str) -> list[Element]:
        return [child for child in self.children if child.name == name]

    def one(self, name: str) -> Element | None:
        """The child of that name; None where there is none. Raises S3Error MalformedXML where there are more."""
        found = self.all(name)
        if len(found) > 1:
            raise S3Error("MalformedXML")
        return found[0] if found else None

    def only(self, *names: str) -> None:
        """Raises S3Error NotImplemented, by name, for a child that LocalS3 would not act on."""
        for child in self.children:
            if child.name not in names:
                raise S3Error(
                    "NotImplemented", f"The element {child.name} of {self.name} is not implemented by LocalS3."
                )

    def value(self, name: str) -> str | None:
        """The text of the child of that name."""
        child = self.one(name)
        return None if child is None else child.text

    def required(self, name: str) -> str:
        """The text of the child of that name, which must be there."""
        value = self.value(name)
        if value is None:
            raise S3Error("MalformedXML")
        return value


def parse(data: bytes, root: str | None) -> Element:
    """Read a document whose root element is `root`, or any. Raises S3Error MalformedXML."""
    from xml.parsers import expat  # loaded with the first document

    parser = expat.ParserCreate(namespace_separator=" ")
    reader = _Reader(parser)
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two: an encoding that is not there, or not text
        raise S3Error("MalformedXML") from None
    if reader.root is None or root not in (None, reader.root.name):
        raise S3Error("MalformedXML")
    return reader.root


class _Reader:
    def __init__(self, parser: XMLParserType) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0
        self._text: list[str] = []  # since the last tag: an element with children has no text of its own
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(" ")[2], attributes.get(_XSI_TYPE, ""))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._elements += 1
        self._text.clear()
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise S3Error("MalformedXML")

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if not element.children:
            element.text = "".join(self._text)
        self._text.clear()

    def _refuse(self, *declaration: object) -> NoReturn:
        raise S3Error("MalformedXML")


def render(root: str, content: Content, namespace: str | None = NAMESPACE) -> bytes:
    """A whole document. A name may carry attributes: what follows its first space goes into the start tag alone."""
    opening = root if namespace is None else f'{root} xmlns="{namespace}"'
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(parts, opening, content)
    return "".join(parts).encode("utf-8", "surrogatepass")


def _write(parts: list[str], name: str, content: Content) -> None:
    if content is None:
        return
    if content == [] and not isinstance(content, (str, bool, int)):
        parts.append(f"<{name}/>")
        return
    parts.append(f"<{name}>")
    if isinstance(content, str):
        parts.append(escape(content))
    elif isinstance(content, bool):
        parts.append("true" if content else "false")
    elif isinstance(content, int):
        parts.append(str(content))
    else:
        for child, its_content in content:
            _write(parts, child, its_content)
    parts.append(f"</{name.partition(' ')[0]}>")


def readable(text: str) -> str:
    """The text with what XML cannot carry replaced, for documents that must be readable whatever they quote."""
    return text.translate(_REPLACEMENTS)


def escape(text: str) -> str:
    return text.translate(_escapes())


@cache
def _escapes() -> dict[int, str]:
    """Made when first used: there are two thousand."""
    escapes = {code: f"&#x{code:X};" for code in [*_UNCARRIED, 13]}
    return escapes | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
