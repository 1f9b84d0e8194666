"""What the loaded models can say, which is what rules may ask for."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import CapabilitiesDep
from instantreact.api.openapi import problems

router = APIRouter(prefix="/bundles", tags=["rules"], route_class=KeyedRoute)

_EXAMPLE: JsonDict = {
    "name": "captioner",
    "version": "0.2.0",
    "concepts": ["fight", "fall", "fire"],
    "concepts_version": 1,
    "labels": [],
}
_DETECTOR: JsonDict = {
    "name": "yolox_nano",
    "version": "1",
    "concepts": [],
    "concepts_version": 0,
    "labels": ["person", "car", "knife"],
}


class BundleView(BaseModel):
    """A bundle in use."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    version: str
    concepts: list[str] = Field(description="What a condition of the kind `concept` may ask for.")
    concepts_version: int = Field(description="Scores of a concept compare only where this is the same.")
    labels: list[str] = Field(description="What conditions of the kinds `object`, `absence` and `passage` may ask for.")


class BundlesView(BaseModel):
    """Every bundle in use: the captioner's and the detector's, as far as they can be loaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"bundles": [_EXAMPLE, _DETECTOR]}]})

    bundles: list[BundleView]


@router.get("", operation_id="listBundles", summary="List the loaded bundles", responses=problems(401, 403))
async def list_bundles(can: CapabilitiesDep) -> BundlesView:
    """Each with the concepts, or the labels, that rules may ask for."""
    return BundlesView(
        bundles=[
            BundleView(
                name=bundle.name,
                version=bundle.version,
                concepts=list(bundle.concepts),
                concepts_version=bundle.concepts_version,
                labels=list(bundle.labels),
            )
            for bundle in can.bundles
        ]
    )
