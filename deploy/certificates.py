"""Make the certificate authority and the certificates of Elasticsearch and Kibana, for docker-compose.yml.

`python certificates.py FOLDER` leaves what is still good as it is, so it runs at every start: a certificate is renewed
when less than 60 days are left. Takes effect when its server is restarted.
"""
# ruff: noqa: INP001 - a script

import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVERS = ("elasticsearch", "kibana")
SERVER_USER = 1000
"""The user id under which Elastic's own images run."""
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
RENEW_DAYS = 60

Authority = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def main(folder: Path) -> None:
    """Make what is missing or runs out."""
    authority = open_authority(folder) if (folder / "ca.key").exists() else make_authority(folder)
    for server in SERVERS:
        if runs_out(folder / f"{server}.crt"):
            make_certificate(folder, server, authority)


def open_authority(folder: Path) -> Authority:
    """Read the authority that an earlier start made."""
    key = load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / 'ca.key'} is not a key of ours")
    return x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()), key


def make_authority(folder: Path) -> Authority:
    """Make the authority; its certificate is written first, so that a key always has one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = called("Shouwang's own certificate authority")
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage(signs_certificates=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    certificate = signed(
        subject=name, issuer=name, key=key.public_key(), issuer_key=key, days=AUTHORITY_DAYS, extensions=extensions
    )
    write(folder / "ca.crt", certificate.public_bytes(Encoding.PEM), mode=0o644)
    write(folder / "ca.key", pem(key), mode=0o600)
    return certificate, key


def runs_out(path: Path) -> bool:
    """Whether a certificate is missing or has too few days left."""
    if not path.exists():
        return True
    until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return until - datetime.now(UTC) < timedelta(days=RENEW_DAYS)


def make_certificate(folder: Path, server: str, authority: Authority) -> None:
    """Make one server's key and certificate; good for its service name and for this machine."""
    issuer, issuer_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(server), x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectAlternativeName(names), False),
        (usage(signs_certificates=False), True),
        # Between nodes Elasticsearch is server and client at once.
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ]
    certificate = signed(
        subject=called(server),
        issuer=issuer.subject,
        key=key.public_key(),
        issuer_key=issuer_key,
        days=SERVER_DAYS,
        extensions=extensions,
    )
    write(folder / f"{server}.key", pem(key), mode=0o600, owner=SERVER_USER)
    write(folder / f"{server}.crt", certificate.public_bytes(Encoding.PEM), mode=0o644)


def signed(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    days: int,
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    """Give a certificate; each extension with whether it is critical."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a clock may be a little behind
        .not_valid_after(now + timedelta(days=days))
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(issuer_key, SHA256())


def called(name: str) -> x509.Name:
    """Give a distinguished name of one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may do."""
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give a key in the form that Elasticsearch and Kibana read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write(path: Path, content: bytes, *, mode: int, owner: int | None = None) -> None:
    """Put a file in its place whole; nobody else can read it at any moment."""
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    if owner is not None and os.geteuid() == 0:
        os.chown(half, owner, 0)
    half.chmod(mode)
    half.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
