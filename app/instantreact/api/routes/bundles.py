"""What the loaded models can say, which is what rules may ask for."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import CapabilitiesDep, ServicesDep
from instantreact.api.openapi import problems
from instantreact.domain.capabilities import BundleKind
from instantreact.pipeline.bundles import read_card

router = APIRouter(prefix="/bundles", tags=["rules"], route_class=KeyedRoute)

_EXAMPLE: JsonDict = {
    "kind": "captioner",
    "name": "captioner",
    "version": "0.2.1",
    "concepts": ["fight", "fire"],
    "concepts_version": 1,
    "labels": [],
}
_DETECTOR: JsonDict = {
    "kind": "detector",
    "name": "yolox_nano",
    "version": "1",
    "concepts": [],
    "concepts_version": 0,
    "labels": ["person", "car", "knife"],
}


_POSES: JsonDict = {
    "kind": "poses",
    "name": "movenet_multipose",
    "version": "1.1",
    "concepts": ["fall", "lying"],
    "concepts_version": 1,
    "labels": [],
}


class BundleView(BaseModel):
    """A bundle in use."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: BundleKind = Field(
        description="`captioner` says sentences, `detector` looks for things, `poses` scores how people move."
    )
    name: str
    version: str
    concepts: list[str] = Field(
        description="What a condition of the kind `concept` may ask for; each is listed with the bundle that scores it."
    )
    concepts_version: int = Field(description="Scores of a concept compare only where this is the same.")
    labels: list[str] = Field(description="What conditions of the kinds `object`, `absence` and `passage` may ask for.")


class BundlesView(BaseModel):
    """Every bundle in use: the captioner's, the detector's and the poses', as far as they can be loaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"bundles": [_EXAMPLE, _DETECTOR, _POSES]}]})

    bundles: list[BundleView]


@router.get(
    "/{kind}/card",
    operation_id="getModelCard",
    summary="Read a model's card",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/markdown": {}}, "description": "What it was trained on, how good it is, its licences."},
        **problems(401, 403, 404, 422, 503),
    },
)
async def get_card(services: ServicesDep, kind: BundleKind) -> Response:
    """As Markdown: of the bundle that this process looks with, or would."""
    card = await services.threads.run(read_card, services, kind)
    return PlainTextResponse(card, media_type="text/markdown")


@router.get("", operation_id="listBundles", summary="List the loaded bundles", responses=problems(401, 403))
async def list_bundles(can: CapabilitiesDep) -> BundlesView:
    """Each with the concepts, or the labels, that rules may ask for."""
    return BundlesView(
        bundles=[
            BundleView(
                kind=bundle.kind,
                name=bundle.name,
                version=bundle.version,
                concepts=list(bundle.concepts),
                concepts_version=bundle.concepts_version,
                labels=list(bundle.labels),
            )
            for bundle in can.bundles
        ]
    )
