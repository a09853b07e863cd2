"""A certificate for one run, signed by itself: good for two days, for the domain, everything under it, this machine.

It is no authority's: some clients, those on rustls for one, refuse a server that shows an authority's own. Most take
`*.DOMAIN` only where DOMAIN has a dot, so virtual-hosted style needs one: s3.localhost, say.
"""

from __future__ import annotations

import os
import ssl
import subprocess
from shutil import which

DAYS = 2

# The whole of openssl's configuration, so that the machine's own adds nothing.
CONFIGURATION = """
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = LocalS3
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


def make_context(folder: str, domains: list[str]) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the path of the certificate that clients must be told to trust.

    The key stays in `folder`, which must be nobody else's to read. Raises RuntimeError without the program `openssl`.
    """
    program = which("openssl")
    if program is None:
        raise RuntimeError("HTTPS needs the program openssl on PATH, to make a certificate")
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    names = ["DNS:localhost", "DNS:*.localhost", "IP:127.0.0.1", "IP:::1"]
    names += [f"DNS:{name}" for domain in domains for name in (domain, f"*.{domain}")]
    configuration = os.path.join(folder, "openssl.cnf")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(names=", ".join(dict.fromkeys(names))))
    command = [
        program, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-days", str(DAYS), "-config", configuration, "-keyout", key, "-out", certificate,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"openssl made no certificate: {done.stderr.strip()}")
    context = load_context(certificate, key)
    for path in (key, configuration):  # nobody needs them any more, and a signal may end this process
        os.unlink(path)
    return context, certificate


def load_context(certificate: str, key: str | None) -> ssl.SSLContext:
    """A server's context, of a certificate that is there; its key may stand in the same file. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
