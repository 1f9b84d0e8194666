"""People and their browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

PASSWORD = "four words one remembers"
OWN = {"Sec-Fetch-Site": "same-origin"}
HOME = "http://localhost"


@asynccontextmanager
async def browser(app: FastAPI, *, url: str = HOME, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """On this machine, at a page of the service."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=OWN) as client:
        yield client


async def add(client: httpx.AsyncClient, name: str = "Ana", role: str = "operator", **more: object) -> dict[str, str]:
    """A user, made by whoever `client` is."""
    answer = await client.post("/users", json={"name": name, "role": role, "password": PASSWORD, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def sign_in(
    client: httpx.AsyncClient, name: str = "Ana", password: str = PASSWORD, **more: object
) -> httpx.Response:
    return await client.post("/session", json={"name": name, "password": password, **more})


@asynccontextmanager
async def signed_in(app: FastAPI, name: str = "Ana") -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        answer = await sign_in(client, name)
        assert answer.status_code == 200, answer.text
        yield client
