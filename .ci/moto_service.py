"""Serves moto's key service over HTTPS on this machine, with an authority and users of its own, until it is ended.

    moto_service.py DIRECTORY

Writes into DIRECTORY, all before it is ready: authority.pem, credentials (profiles default, reader, wrong) and, last,
endpoint. From then on moto checks every signature and every user's policy.
"""

import datetime
import ipaddress
import json
import os
import pathlib
import sys
import threading

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto import settings
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

REGION = "eu-central-1"


def certificate(name, key, issuer, issuer_key, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def write_certificates(directory):
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = certificate(
        "authority", authority_key, "authority", authority_key, [(x509.BasicConstraints(True, None), True)]
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = certificate("server", key, "authority", authority_key, [(names, False)])
    pem = serialization.Encoding.PEM
    (directory / "authority.pem").write_bytes(authority.public_bytes(pem))
    (directory / "server.pem").write_bytes(server.public_bytes(pem))
    (directory / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def make_user(iam, name, actions):
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="keys", PolicyDocument=json.dumps(policy))
    return iam.create_access_key(UserName=name)["AccessKey"]


def write_credentials(directory, endpoint):
    iam = boto3.client(
        "iam", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="setup", aws_secret_access_key="setup",
        verify=str(directory / "authority.pem"),
    )
    owner = make_user(iam, "owner", "kms:*")
    reader = make_user(iam, "reader", "kms:DescribeKey")
    profiles = {
        "default": (owner["AccessKeyId"], owner["SecretAccessKey"]),
        "reader": (reader["AccessKeyId"], reader["SecretAccessKey"]),
        "wrong": (owner["AccessKeyId"], reader["SecretAccessKey"]),
    }
    lines = []
    for name, (identifier, secret) in profiles.items():
        lines += [f"[{name}]", f"aws_access_key_id = {identifier}", f"aws_secret_access_key = {secret}", ""]
    path = directory / "credentials"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines))


def main():
    directory = pathlib.Path(sys.argv[1])
    os.umask(0o077)
    write_certificates(directory)
    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True,
        request_handler=MotoRequestHandler, ssl_context=(str(directory / "server.pem"), str(directory / "server.key")),
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = f"https://127.0.0.1:{server.server_port}"
    write_credentials(directory, endpoint)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    (directory / "endpoint.new").write_text(endpoint)
    (directory / "endpoint.new").rename(directory / "endpoint")
    thread.join()


main()
