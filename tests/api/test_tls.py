"""https by certificate files: real handshakes with a real server."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI

from instantreact.api.remote_cameras import RemoteCameras
from instantreact.api.tls import Certificate
from instantreact.config import Settings
from instantreact.doctor import examine
from instantreact.errors import Misconfigured, StreamLost
from instantreact.wiring import find_certificate, make_lease_owner
from tests.api.conftest import INTERNAL_TOKEN
from tests.api.serving import serve


def make_certificate(folder: Path, *, days: float = 90, passphrase: bytes | None = None) -> Certificate:
    """Signed by itself."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealed = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    certificate = Certificate(folder / "cert.pem", folder / "key.pem")
    certificate.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    certificate.key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, sealed))
    return certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path / "tls")


async def test_service_speaks_https_with_its_certificate(app: FastAPI, certificate: Certificate) -> None:
    async with serve(app, certificate=certificate) as address:
        assert address.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(certificate.path))
        trusting.check_hostname = False
        async with httpx.AsyncClient(verify=trusting) as client:
            answer = await client.get(f"{address}/livez")
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.get(f"{address}/livez")
        with pytest.raises(httpx.TransportError):
            await httpx.AsyncClient().get(address.replace("https", "http"))

    assert answer.status_code == 200
    assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_old_versions_of_tls_are_refused(app: FastAPI, certificate: Certificate) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with serve(app, certificate=certificate) as address, httpx.AsyncClient(verify=old) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{address}/livez")


async def test_own_processes_know_each_other_by_the_certificate(
    app: FastAPI, certificate: Certificate, tmp_path: Path
) -> None:
    """No camera is watched here, which the other process says: so they have met."""
    same, other = (RemoteCameras(INTERNAL_TOKEN, each) for each in (certificate, make_certificate(tmp_path / "other")))
    async with serve(app, certificate=certificate) as address:
        with pytest.raises(StreamLost, match="not live"):
            await same.fetch_snapshot(address, "a")
        with pytest.raises(StreamLost, match="does not answer"):
            await other.fetch_snapshot(address, "a")
    await same.close()
    await other.close()


def test_lease_names_https_where_the_service_speaks_it(certificate: Certificate, tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, tls_certificate=certificate.path, tls_key=certificate.key_path)

    assert make_lease_owner(settings, "anna", 8123).address == "https://127.0.0.1:8123"


@pytest.mark.parametrize("fault", ["half", "missing", "other key", "passphrase", "no pem"])
async def test_certificate_that_cannot_be_used_is_explained(
    certificate: Certificate, tmp_path: Path, fault: str
) -> None:
    key_path: Path | None = certificate.key_path
    match fault:
        case "half":
            key_path = None
        case "missing":
            key_path = tmp_path / "nowhere.pem"
        case "other key":
            key_path = make_certificate(tmp_path / "other").key_path
        case "passphrase":
            certificate = make_certificate(tmp_path / "sealed", passphrase=b"secret")
            key_path = certificate.key_path
        case "no pem":
            certificate.path.write_text("no certificate")
    settings = Settings(state_dir=tmp_path, tls_certificate=certificate.path, tls_key=key_path)

    def open_one() -> None:
        found = find_certificate(settings)
        assert found
        found.check()

    with pytest.raises(Misconfigured, match="INSTANTREACT_TLS_"):
        open_one()
    (finding,) = [each for each in await examine(settings) if each.what == "certificate"]
    assert finding.is_fatal
    assert "INSTANTREACT_TLS_KEY" in (finding.problem or "")


@pytest.mark.parametrize(("days", "said"), [(90, None), (13, "expires soon"), (-1, "has expired")])
async def test_doctor_tells_when_the_certificate_ends(tmp_path: Path, days: float, said: str | None) -> None:
    made = make_certificate(tmp_path / "tls", days=days)
    settings = Settings(state_dir=tmp_path, tls_certificate=made.path, tls_key=made.key_path)

    (finding,) = [each for each in await examine(settings) if each.what == "certificate"]
    assert (finding.problem is None) if said is None else (said in (finding.problem or "") and not finding.is_fatal)
