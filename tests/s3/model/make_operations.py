"""Writes the two tables in sigv4/s3/model.py from botocore's model of S3.

    python -m tests.s3.model.make_operations           prints the tables
    python -m tests.s3.model.make_operations --write   puts them into sigv4/s3/model.py

The model is the one botocore works with: its service-2.json with its own additions merged in (`Expires`, text in the
file, is a timestamp). Everything in the tables follows from it but TYPES_OF_OUR_OWN and TRAITS_OF_OUR_OWN. A model that
holds something the tables cannot say stops the script.
"""

from __future__ import annotations

import sys
import textwrap
from collections import Counter

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape

from tests import ROOT

MODEL_PY = ROOT / "sigv4" / "s3" / "model.py"

# Text in the model, and more than text to S3: see values.py.
TYPES_OF_OUR_OWN = {"CopySource": "copy-source", "RequestRoute": "host-label"}

# For GetBucketLocation botocore takes path style, whatever is asked for: who asks does not know the region that the
# virtual host would be refused in.
TRAITS_OF_OUR_OWN = {"get_bucket_location": ["path-style"]}

TRAITS = {
    ("UseS3ExpressControlEndpoint", True): "control",
    ("DisableS3ExpressSessionAuth", True): "no-session",
    ("DisableAccessPoints", True): "no-access-points",
    ("UseObjectLambdaEndpoint", True): "object-lambda",
}


def load_model() -> ServiceModel:
    """botocore's model of S3, as its client loads it."""
    return botocore.session.Session().get_service_model("s3")


def operations(model: ServiceModel) -> dict[str, OperationModel]:
    """Snake-case name -> operation, in alphabetical order."""
    return {xform_name(name): model.operation_model(name) for name in sorted(model.operation_names, key=xform_name)}


def members(operation: OperationModel) -> dict[str, Shape]:
    return dict(operation.input_shape.members) if operation.input_shape else {}


def required(operation: OperationModel) -> list[str]:
    return list(operation.input_shape.required_members) if operation.input_shape else []


def location(shape: Shape) -> str:
    """query, header, prefix (a header for each entry of a map), path or body."""
    names = {"querystring": "query", "header": "header", "headers": "prefix", "uri": "path", None: "body"}
    return names[shape.serialization.get("location")]


def kind(name: str, shape: Shape) -> str:
    """The type as the table has it."""
    if name in TYPES_OF_OUR_OWN:
        return TYPES_OF_OUR_OWN[name]
    if shape.type_name == "timestamp":
        # REST-XML's defaults, where the member names no format.
        default = {"header": "rfc822", "query": "iso8601"}[location(shape)]
        return {"rfc822": "rfc822", "iso8601": "iso8601"}[shape.serialization.get("timestampFormat", default)]
    if shape.type_name == "list":
        return {(True, "string"): "enums"}[bool(shape.member.enum), shape.member.type_name]
    if shape.type_name == "string" and shape.enum:
        return "enum"
    return {"string": "string", "integer": "integer", "long": "integer", "boolean": "boolean", "map": "map"}[
        shape.type_name
    ]


def wire_name(name: str, shape: Shape) -> str:
    """The name in the request; header names are in lower case, as they are signed."""
    text = shape.serialization.get("name", name)
    return text if location(shape) == "query" else text.lower()


def traits(name: str, operation: OperationModel) -> list[str]:
    found = ["deprecated"] if operation.deprecated else []
    found += [TRAITS[context.name, context.value] for context in operation.static_context_parameters]
    return found + TRAITS_OF_OUR_OWN.get(name, [])


def specification(name: str, shape: Shape) -> tuple[str, str, str]:
    return location(shape), kind(name, shape), wire_name(name, shape)


def common_specifications(model: ServiceModel) -> dict[str, tuple[str, str, str]]:
    """Parameter name -> where, type and wire name, as most operations have them."""
    counts: dict[str, Counter[tuple[str, str, str]]] = {}
    for operation in operations(model).values():
        for name, shape in members(operation).items():
            if location(shape) in ("query", "header", "prefix"):
                counts.setdefault(name, Counter())[specification(name, shape)] += 1
    return {name: counts[name].most_common(1)[0][0] for name in sorted(counts)}


def parameters_table(model: ServiceModel) -> str:
    specifications = common_specifications(model)
    width = max(map(len, specifications)) + 1
    lines = [f"{name:{width}}{where:7}{type_:12}{wire}" for name, (where, type_, wire) in specifications.items()]
    return "\n".join(lines)


def operations_table(model: ServiceModel) -> str:
    specifications = common_specifications(model)
    return "\n".join(_entry(name, operation, specifications) for name, operation in operations(model).items())


def _entry(name: str, operation: OperationModel, specifications: dict[str, tuple[str, str, str]]) -> str:
    method, target = operation.http["method"], operation.http["requestUri"].replace("{Key+}", "{Key}")
    needed = required(operation)
    shapes = members(operation)
    words = []
    for member in sorted(shapes, key=lambda member: member not in needed):
        where = location(shapes[member])
        if where == "path":
            if f"{{{member}}}" not in target or member not in needed:
                raise ValueError(f"{name}: {member} is not a required part of {target}")
        elif where == "body":
            words.append(f"({member})")
        else:
            this = specification(member, shapes[member])
            variant = "" if this == specifications[member] else "=" + ":".join(this)
            words.append(member + ("!" if member in needed else "") + variant)
    words += [f"~{trait}" for trait in traits(name, operation)]
    return textwrap.fill(
        " ".join([name, method, target, *words]),
        width=120,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def replace_table(source: str, name: str, table: str) -> str:
    """`source` with the triple-quoted text of the constant `name` replaced."""
    head, opening, rest = source.partition(f'\n{name} = """\\\n')
    _, closing, tail = rest.partition('\n"""\n')
    if not opening or not closing:
        raise ValueError(f"{MODEL_PY.name} has no {name}")
    return head + opening + table + closing + tail


def with_tables(source: str, model: ServiceModel) -> str:
    """The text of model.py with both tables made anew."""
    source = replace_table(source, "PARAMETERS", parameters_table(model))
    return replace_table(source, "OPERATIONS", operations_table(model))


if __name__ == "__main__":
    service_model = load_model()
    if sys.argv[1:] == ["--write"]:
        MODEL_PY.write_text(with_tables(MODEL_PY.read_text(), service_model))
    else:
        print(parameters_table(service_model), operations_table(service_model), sep="\n\n")
