"""What the state of a stack means, and what to do about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

# ready: it works, and can be changed. begun: it exists by name alone. moving: somebody's operation runs.
# stuck: nothing can be changed before something is done about it; gone: it was deleted.
Kind = Literal["ready", "begun", "moving", "failed creation", "stuck", "gone"]

_WAIT = "Wait until it has ended: `pipeline status` tells."
_DOWN = "`pipeline down` deletes what there is of it; then `pipeline up`."
_CONTINUE = (
    "Mend what failed, then go on with `aws cloudformation continue-update-rollback --stack-name {name}`; "
    "or delete it with `pipeline down`."
)
_ROLLBACK = "Undo it with `aws cloudformation rollback-stack --stack-name {name}`; or delete it with `pipeline down`."


class State(NamedTuple):
    """`meaning` is a sentence; `advice` another one, and empty where there is nothing to do."""

    kind: Kind
    meaning: str
    advice: str


_STATES: dict[str, tuple[Kind, str, str]] = {
    "CREATE_COMPLETE": ("ready", "It was created.", ""),
    "UPDATE_COMPLETE": ("ready", "It was updated.", ""),
    "UPDATE_ROLLBACK_COMPLETE": ("ready", "Its last update failed and was undone; it is as it was before.", ""),
    "IMPORT_COMPLETE": ("ready", "Something was imported into it.", ""),
    "IMPORT_ROLLBACK_COMPLETE": ("ready", "An import into it failed and was undone; it is as it was before.", ""),
    "REVIEW_IN_PROGRESS": (
        "begun",
        "Its creation was begun and never decided: nothing of it exists but its name.",
        "`pipeline up` takes it up; `pipeline down` removes it.",
    ),
    "CREATE_IN_PROGRESS": ("moving", "It is being created.", _WAIT),
    "UPDATE_IN_PROGRESS": ("moving", "It is being updated.", _WAIT),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": (
        "moving",
        "It was updated, and what was replaced is being removed.",
        _WAIT,
    ),
    "ROLLBACK_IN_PROGRESS": ("moving", "Its creation failed, and is being undone.", _WAIT),
    "UPDATE_ROLLBACK_IN_PROGRESS": ("moving", "Its update failed, and is being undone.", _WAIT),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": (
        "moving",
        "Its update failed and was undone, and what is left of it is being removed.",
        _WAIT,
    ),
    "IMPORT_IN_PROGRESS": ("moving", "Something is being imported into it.", _WAIT),
    "IMPORT_ROLLBACK_IN_PROGRESS": ("moving", "An import into it failed, and is being undone.", _WAIT),
    "DELETE_IN_PROGRESS": ("moving", "It is being deleted.", _WAIT),
    "ROLLBACK_COMPLETE": (
        "failed creation",
        "Its creation failed and was undone. Nothing can be done with such a stack but to delete it.",
        "`pipeline up` offers that, and creates it anew.",
    ),
    "CREATE_FAILED": ("stuck", "Its creation failed, and was not undone.", _DOWN),
    "ROLLBACK_FAILED": ("stuck", "Its creation failed, and could not be undone either.", _DOWN),
    "DELETE_FAILED": (
        "stuck",
        "It could not be deleted, not all of it.",
        "Remove what stands in the way, then `pipeline down` again.",
    ),
    "UPDATE_FAILED": ("stuck", "Its update failed, and was not undone.", _ROLLBACK),
    "UPDATE_ROLLBACK_FAILED": ("stuck", "Its update failed, and could not be undone either.", _CONTINUE),
    "IMPORT_ROLLBACK_FAILED": ("stuck", "An import into it failed, and could not be undone either.", _CONTINUE),
    "DELETE_COMPLETE": ("gone", "It was deleted.", ""),
}


def state_of(status: str, name: str) -> State:
    """Return what a status means for the stack of that name."""
    # A status that AWS adds one day is nobody's reason to change something.
    kind, meaning, advice = _STATES.get(status, ("moving", "CloudFormation has a new word for its state.", _WAIT))
    return State(kind, meaning, advice.format(name=name))


def has_ended(status: str) -> bool:
    """Whether an operation on a stack is over, well or not. REVIEW_IN_PROGRESS is none: nothing is on its way."""
    return state_of(status, "").kind not in ("moving", "begun")


def succeeded(status: str) -> bool:
    """Whether a creation or an update has ended as it was meant to."""
    return status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
