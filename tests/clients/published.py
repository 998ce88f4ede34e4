"""What a JSON body says beside what a vendor's own SDK says may be in it.

The SDKs of OpenAI and Anthropic publish their requests as typed dictionaries, Google's as models that forbid what
they do not know. A body is held against them field by field: a name that is not published is a problem, as is a
value of another type or a required field that is not there.
"""

import collections.abc
import functools
import types
import typing

import pydantic
import typing_extensions

LISTS = (list, collections.abc.Iterable, collections.abc.Sequence)
MAPS = (dict, collections.abc.Mapping)


@functools.cache
def fields(kind):
    return typing_extensions.get_type_hints(kind, include_extras=True)


def bare(annotation):
    """The type without what is said about the field, and whether the field is required."""
    origin = typing_extensions.get_origin(annotation)
    if origin in (typing_extensions.Required, typing_extensions.NotRequired, typing.Required, typing.NotRequired):
        return bare(typing_extensions.get_args(annotation)[0])
    if origin in (typing.Annotated, typing_extensions.Annotated):
        return bare(typing_extensions.get_args(annotation)[0])
    return annotation


def problems(annotation, value, path="body"):
    """What is wrong with a value of this type, each with its place."""
    annotation = bare(annotation)
    origin = typing_extensions.get_origin(annotation)
    of = typing_extensions.get_args(annotation)
    if annotation in (object, typing.Any):
        return []
    if origin in (typing.Union, types.UnionType):
        tried = [problems(member, value, path) for member in of]
        return min(tried, key=len) if all(tried) else []
    if origin in (typing.Literal, typing_extensions.Literal):
        return [] if value in of else [f"{path}: {value!r} is none of {of}"]
    if typing_extensions.is_typeddict(annotation):
        return of_dict(annotation, value, path)
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return of_model(annotation, value, path)
    if origin in LISTS:
        if not isinstance(value, list):
            return [f"{path}: no list"]
        return [wrong for at, item in enumerate(value) for wrong in problems(of[0], item, f"{path}[{at}]")]
    if origin in MAPS or annotation in MAPS:
        if not isinstance(value, dict):
            return [f"{path}: no object"]
        inner = of[1] if of else object
        return [wrong for name, item in value.items() for wrong in problems(inner, item, f"{path}.{name}")]
    if annotation in (None, type(None)):
        return [] if value is None else [f"{path}: not null"]
    if annotation is float:
        ok = isinstance(value, (int, float)) and not isinstance(value, bool)
    elif annotation is int:
        ok = isinstance(value, int) and not isinstance(value, bool)
    elif annotation in (str, bool):
        ok = isinstance(value, annotation)
    else:
        # A file or its like: in JSON it is its base64.
        ok = isinstance(value, str)
    return [] if ok else [f"{path}: {value!r} is no {annotation}"]


def of_dict(kind, value, path):
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    known = fields(kind)
    wrong = [f"{path}.{name}: not published" for name in value if name not in known]
    wrong += [f"{path}.{name}: missing" for name in kind.__required_keys__ if name not in value]
    # What tells one member of a union from the others weighs more than anything else.
    if "type" in known and problems(known["type"], value.get("type"), path):
        wrong += [f"{path}.type: {value.get('type')!r}"] * 100
    for name, item in value.items():
        if name in known:
            wrong += problems(known[name], item, f"{path}.{name}")
    return wrong


def of_model(kind, value, path):
    try:
        kind.model_validate(value)
    except pydantic.ValidationError as error:
        return [f"{path}.{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors()]
    return []
