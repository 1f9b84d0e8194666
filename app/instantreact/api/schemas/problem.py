"""Errors as people and programs read them (RFC 9457)."""

from pydantic import BaseModel, ConfigDict, Field


class FieldError(BaseModel):
    """One thing that is wrong with a request, and where."""

    field: str = Field(description="Where it is, as a dotted path; the first word is body, query, path or header.")
    message: str = Field(description="What is wrong, in words.")


class Problem(BaseModel):
    """The body of every error (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:problem-type:instantreact:not-found",
                    "title": "Not found",
                    "status": 404,
                    "detail": "There is no clip 0f6c2a7d.",
                    "instance": "/clips/0f6c2a7d",
                    "request_id": "5b0c1d6f5c0e4f0f9d7c7a3f2b1e0a9c",
                }
            ]
        }
    )

    type: str = Field(description="The kind of problem, a URN to compare with.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status, again.")
    detail: str = Field(description="What happened this time, a sentence for people.")
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="The request, as it is called in the logs.")
    errors: list[FieldError] | None = Field(None, description="What is wrong with the request, field by field.")
    checks: dict[str, str | None] | None = Field(None, description="For /readyz: each check, null or what is wrong.")
