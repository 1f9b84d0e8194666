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
}


class BundleView(BaseModel):
    """A bundle in use."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    version: str
    concepts: list[str] = Field(description="What a condition of the kind `concept` may ask for.")
    concepts_version: int = Field(description="Scores of a concept compare only where this is the same.")


class BundlesView(BaseModel):
    """Every bundle in use; empty while the captioner's cannot be loaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"bundles": [_EXAMPLE]}]})

    bundles: list[BundleView]


@router.get("", operation_id="listBundles", summary="List the loaded bundles", responses=problems(401, 403))
async def list_bundles(can: CapabilitiesDep) -> BundlesView:
    """Each with the concepts that rules may ask for."""
    return BundlesView(
        bundles=[
            BundleView(
                name=bundle.name,
                version=bundle.version,
                concepts=list(bundle.concepts),
                concepts_version=bundle.concepts_version,
            )
            for bundle in can.bundles
        ]
    )
