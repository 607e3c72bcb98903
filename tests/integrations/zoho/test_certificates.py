"""The certificate of Zoho is checked, and nothing goes round it: an unknown issuer, an old one, another name."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.zoho.client import ZohoClient
from integrations.zoho.errors import BadAnswer
from integrations.zoho.throttle import MemoryThrottle

NOW = datetime.now(UTC)


def certificate(folder, name, days):
    """Files with a certificate signed by itself and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, private


class Projects(BaseHTTPRequestHandler):
    """Answers anything, and notes that it was asked."""

    asked: list[str] = []

    def do_GET(self):
        """An empty list."""
        self.asked.append(self.headers.get("Authorization", ""))
        body = b'{"projects": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Nothing."""


@pytest.mark.parametrize(
    ("name", "days", "trusted", "is_good"),
    [
        ("localhost", 30, True, True),
        ("localhost", 30, False, False),
        ("localhost", -1, True, False),
        # what a name that leads to a machine in one's own network comes to: that machine has no certificate for it
        ("projectsapi.zoho.example", 30, True, False),
    ],
    ids=["good", "unknown issuer", "expired", "another name"],
)
def test_only_a_good_certificate_of_that_name_gets_the_token(
    tmp_path, monkeypatch, tokens, pauses, name, days, trusted, is_good
):
    pem, private = certificate(tmp_path, name, days)
    handler = type("Handler", (Projects,), {"asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(pem, private)
    server.socket = secure.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *arguments: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    try:
        address = f"https://localhost:{server.server_port}"
        with ZohoClient(address, "60012345", tokens, MemoryThrottle(), sleep=pauses.append) as client:
            if is_good:
                assert client.get("/projects") == {"projects": []}
                return
            with pytest.raises(BadAnswer, match="certificate is not valid"):
                client.get("/projects")
        assert handler.asked == [] and pauses == [], "no token was sent, and trying again cannot help"
    finally:
        server.shutdown()
        server.server_close()
