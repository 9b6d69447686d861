"""AWS's own description of its services, as botocore brings it: what an answer may hold, and how it is written."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import OperationModel, Shape

# Errors that any operation answers with; the others stand in the operation's model.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationError",
}
# What Python gives for a type of the model.
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "timestamp": datetime,
    "double": (int, float),
    "float": (int, float),
}


@dataclass(frozen=True)
class Refusal:
    """An error that a service answers with."""

    code: str
    message: str = "no"
    status: int = 400


@functools.cache
def operation(service: str, name: str) -> OperationModel:
    return _session().get_service_model(service).operation_model(name)


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


def check(service: str, name: str, answer: Mapping[str, Any] | Refusal) -> None:
    """Fail unless the service may answer so."""
    model = operation(service, name)
    if isinstance(answer, Refusal):
        known = {shape.error_code for shape in model.error_shapes} | {shape.name for shape in model.error_shapes}
        assert answer.code in known | COMMON_ERRORS, f"{name} never answers {answer.code}"
    elif model.output_shape is None:
        assert not answer, f"{name} answers nothing"
    else:
        _check(name, model.output_shape, answer)


def _check(where: str, shape: Shape, value: Any) -> None:
    if shape.type_name == "structure":
        assert isinstance(value, Mapping), f"{where}: {value!r}"
        for member, held in value.items():
            assert member in shape.members, f"{where} has no {member}"  # type: ignore[attr-defined]
            _check(f"{where}.{member}", shape.members[member], held)  # type: ignore[attr-defined]
    elif shape.type_name == "list":
        assert isinstance(value, list), f"{where}: {value!r}"
        for held in value:
            _check(f"{where}[]", shape.member, held)  # type: ignore[attr-defined]
    elif shape.type_name == "map":
        for held in value.values():
            _check(f"{where}{{}}", shape.value, held)  # type: ignore[attr-defined]
    else:
        assert isinstance(value, TYPES[shape.type_name]), f"{where}: {value!r} is no {shape.type_name}"
        assert isinstance(value, bool) == (shape.type_name == "boolean"), f"{where}: {value!r}"
        allowed = [*getattr(shape, "enum", [])]
        if shape.name == "ResourceStatus":
            # An event of the stack itself has a stack's status, which the model leaves out.
            allowed += operation("cloudformation", "DescribeStacks").service_model.shape_for("StackStatus").enum  # type: ignore[attr-defined]
        assert not allowed or value in allowed, f"{where}: {value!r} is none of {allowed}"


@dataclass(frozen=True)
class Written:
    """An answer as it goes over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def write(service: str, name: str, answer: Mapping[str, Any] | Refusal) -> Written:
    """Return a checked answer in the protocol of its service."""
    check(service, name, answer)
    model = operation(service, name)
    protocol = model.service_model.resolved_protocol
    if protocol == "query":
        return _write_query(model, answer)
    if isinstance(answer, Refusal):
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": answer.code}
        body = {"__type": answer.code, "message": answer.message}
        return Written(answer.status, headers, json.dumps(body).encode())
    assert protocol in ("json", "rest-json"), protocol
    document = {} if model.output_shape is None else _plain(model.output_shape, answer)
    return Written(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode())


def _plain(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure":
        return {
            shape.members[name].serialization.get("name", name): _plain(shape.members[name], held)  # type: ignore[attr-defined]
            for name, held in value.items()
        }
    if shape.type_name == "list":
        return [_plain(shape.member, held) for held in value]  # type: ignore[attr-defined]
    return value.timestamp() if isinstance(value, datetime) else value


def _write_query(model: OperationModel, answer: Mapping[str, Any] | Refusal) -> Written:
    headers = {"Content-Type": "text/xml"}
    if isinstance(answer, Refusal):
        error = f"<Type>Sender</Type><Code>{answer.code}</Code><Message>{escape(answer.message)}</Message>"
        body = f"<ErrorResponse><Error>{error}</Error><RequestId>r</RequestId></ErrorResponse>"
        return Written(answer.status, headers, body.encode())
    result = ""
    if model.output_shape is not None:
        wrapper = model.output_shape.serialization["resultWrapper"]
        result = f"<{wrapper}>{_members(model.output_shape, answer)}</{wrapper}>"
    metadata = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    return Written(200, headers, f"<{model.name}Response>{result}{metadata}</{model.name}Response>".encode())


def _members(shape: Shape, value: Mapping[str, Any]) -> str:
    return "".join(_element(name, shape.members[name], held) for name, held in value.items())  # type: ignore[attr-defined]


def _element(name: str, shape: Shape, value: Any) -> str:
    if shape.type_name == "structure":
        inner = _members(shape, value)
    elif shape.type_name == "list":
        assert not shape.serialization.get("flattened")
        inner = "".join(_element("member", shape.member, held) for held in value)  # type: ignore[attr-defined]
    elif isinstance(value, bool):
        inner = str(value).lower()
    elif isinstance(value, datetime):
        inner = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
