"""Users, their sessions, and what they sign in with. No answer holds a password."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Id, Name
from instantreact.domain.principal import Principal, PrincipalKind, Scope
from instantreact.domain.user import Role
from instantreact.storage.passwords import LEAST, MOST

_DRAFT: JsonDict = {"name": "Ana", "role": "operator", "site_ids": None, "password": "four words one remembers"}
_EXAMPLE: JsonDict = {
    "id": "0cc175b9c0f1b6a831c399e269772661",
    "name": "Ana",
    "role": "operator",
    "site_ids": None,
    "has_password": True,
    "has_totp": False,
    "created_at": "2026-11-22T10:59:00Z",
    "signed_in_at": None,
}
_WHO: JsonDict = {
    "kind": "user",
    "name": "Ana",
    "id": "0cc175b9c0f1b6a831c399e269772661",
    "scopes": ["read", "ingest", "operate"],
    "site_ids": None,
    "camera_ids": None,
    "session_id": "92eb5ffee6ae2fec3ad71c777531578f",
}
_TOTP: JsonDict = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/InstantReact:Ana?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=InstantReact",
}
_SESSION: JsonDict = {
    "id": "92eb5ffee6ae2fec3ad71c777531578f",
    "user_id": "0cc175b9c0f1b6a831c399e269772661",
    "source": "192.0.2.17",
    "browser": "Mozilla/5.0",
    "created_at": "2026-11-22T10:59:00Z",
    "used_at": "2026-11-22T11:03:00Z",
}

NewPassword = Annotated[str, StringConstraints(min_length=LEAST, max_length=MOST)]
GivenPassword = Annotated[str, StringConstraints(max_length=MOST)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class UserDraft(Draft):
    """What administrators decide about a user."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})
    read_only: ClassVar[frozenset[str]] = frozenset(
        {"id", "has_password", "has_totp", "created_at", "signed_in_at"},
    )

    name: Name = Field(description="By which they sign in, however they write it; unique among the users.")
    role: Role = Field(description="viewer: read; operator: read, ingest, operate; administrator: everything.")
    site_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Only the cameras of these sites; null: every."
    )
    password: NewPassword | None = Field(
        None, description="null: as it is. A new one ends every session of theirs, and so does another role."
    )


class UserView(BaseModel):
    """A user as they are stored."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    role: Role
    site_ids: list[str] | None
    has_password: bool = Field(description="Otherwise they sign in elsewhere, or not at all.")
    has_totp: bool = Field(description="Whether a second factor is asked for.")
    created_at: datetime
    signed_in_at: datetime | None = Field(description="null: never.")


class SignInDraft(Draft):
    """Who somebody says they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ana", "password": "four words one remembers"}]})

    name: Annotated[str, StringConstraints(max_length=120)]
    password: GivenPassword
    code: Code | None = Field(None, description="Of the second factor, where there is one, or a recovery code.")


class PasswordDraft(Draft):
    """Another password of one's own."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "four words one remembers", "new_password": "five that follow"}]}
    )

    password: GivenPassword = Field(description="The one so far.")
    new_password: NewPassword
    code: Code | None = Field(None, description="Of the second factor, where there is one.")


class TotpDraft(Draft):
    """That it is really them who asks for a second factor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "four words one remembers"}]})

    password: GivenPassword
    code: Code | None = Field(None, description="Of the second factor so far, where there is one.")


class TotpView(BaseModel):
    """A second factor that is not confirmed yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOTP]})

    secret: str = Field(description="To be typed into an app, shown this once.")
    uri: str = Field(description="The same, to be shown as a QR code.")


class CodeDraft(Draft):
    """A code, as the app shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "492039"}]})

    code: Code


class RecoveryView(BaseModel):
    """What helps when the app is lost."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recovery_codes": ["MFRG-GZDF-MZTW-Q2LK"]}]})

    recovery_codes: list[str] = Field(description="Each is good once instead of a code; shown this once.")


class PrincipalView(BaseModel):
    """Who asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHO]})

    kind: PrincipalKind
    name: str
    id: str | None = Field(description="Of the user or the key.")
    scopes: list[Scope]
    site_ids: list[str] | None = Field(description="null with `camera_ids`: every camera.")
    camera_ids: list[str] | None
    session_id: str | None = Field(description="null for keys.")

    @classmethod
    def of(cls, principal: Principal, session_id: str | None) -> "PrincipalView":
        """As it is shown."""
        confinement = principal.confinement
        return cls(
            kind=principal.kind,
            name=principal.name,
            id=principal.id,
            scopes=[scope for scope in Scope if scope in principal.scopes],
            site_ids=None if confinement is None else sorted(confinement.site_ids),
            camera_ids=None if confinement is None else sorted(confinement.camera_ids),
            session_id=session_id,
        )


class UserSessionView(BaseModel):
    """A session, without what its browser shows."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_SESSION]})

    id: str
    user_id: str
    source: str | None = Field(description="The address from which they signed in.")
    browser: str = Field(description="As it calls itself.")
    created_at: datetime
    used_at: datetime = Field(description="To the minute.")


class SetupDraft(Draft):
    """The first administrator."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "MFRG-GZDF-MZTW-Q2LK", "name": "Ana", "password": "four words one remembers"}]
        }
    )

    code: Code = Field(description="As it was printed at start.")
    name: Name
    password: NewPassword


class SetupView(BaseModel):
    """What whoever is about to come in has to know."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_needed": True, "has_oidc": False}]})

    is_needed: bool = Field(description="Whether the service waits for its first administrator.")
    has_oidc: bool = Field(description="Whether people come by an OpenID provider too, at /session/oidc.")
