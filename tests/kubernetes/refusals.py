"""The API's negative answers, in Kubernetes' own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kinds import Kind


class Refused(Exception):
    """A `Status` object that says no; `code` is also the HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    def status(self) -> dict[str, Any]:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            **({"reason": self.reason} if self.reason else {}),
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


def unauthorized() -> Refused:
    return Refused(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, verb: str, namespace: str, name: str, user: str) -> Refused:
    subject = f'{kind.resource} "{name}"' if name else kind.resource
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{kind.plural}" '
        f'in API group "{kind.group}" {where}'
    )
    return Refused(403, "Forbidden", message, _details(kind, name))


def not_found(kind: Kind, name: str) -> Refused:
    return Refused(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_path() -> Refused:
    return Refused(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> Refused:
    return Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


def already_exists(kind: Kind, name: str) -> Refused:
    return Refused(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def changed_meanwhile(kind: Kind, name: str) -> Refused:
    message = (
        f'Operation cannot be fulfilled on {kind.resource} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return Refused(409, "Conflict", message, _details(kind, name))


def bad_request(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def unknown_fields(kind: Kind, fields: list[str]) -> Refused:
    listed = ", ".join(f'unknown field "{field}"' for field in fields)
    return bad_request(
        f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: strict decoding error: {listed}'
    )


def undeclared_fields(kind: Kind, namespace: str, name: str, fields: list[str]) -> Refused:
    """What server-side apply says of unknown fields: it cannot know who would own them, however lenient it is asked
    to be."""
    listed = ", ".join(f".{field}: field not declared in schema" for field in fields)
    subject = f"{namespace}/{name}; {kind.api_version}, Kind={kind.name}"
    return Refused(500, "", f"failed to create typed patch object ({subject}): {listed}")


def invalid(kind: Kind, name: str, problems: list[str]) -> Refused:
    subject = f"{kind.name}.{kind.group}" if kind.group else kind.name
    message = f'{subject} "{name}" is invalid: {"; ".join(problems)}'
    return Refused(422, "Invalid", message, {**_details(kind, name), "kind": kind.name})


def conflict(found: list[tuple[str, str]]) -> Refused:
    """Fields that others own: who, and the field's path, for each."""
    count = f"{len(found)} conflict{'s' if len(found) > 1 else ''}"
    told = []
    for owner in dict.fromkeys(owner for owner, _ in found):
        fields = [field for of, field in found if of == owner]
        if len(fields) == 1:
            told.append(f"conflict with {owner}: {fields[0]}")
        else:
            told.append("\n- ".join([f"conflicts with {owner}:", *fields]))
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {owner}", "field": field}
        for owner, field in found
    ]
    return Refused(409, "Conflict", f"Apply failed with {count}: " + "\n".join(told), {"causes": causes})


def _details(kind: Kind, name: str) -> dict[str, Any]:
    details = {"name": name, "group": kind.group, "kind": kind.plural}
    return {key: value for key, value in details.items() if value}
