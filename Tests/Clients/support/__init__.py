"""What the tests of real clients have in common: the server's place, boto3's client, plain HTTP, what a refusal is."""

import contextlib
import http.client
import pathlib
import socket
import ssl
import tempfile
import unittest
import urllib.parse
import uuid

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

# Filled by run.py before a group is imported; .ci/clients writes it and says what each is.
settings = {}

MIB = 1 << 20


def resolve_locally():
    """Every name under .localhost is this machine, which not every resolver knows."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        name = host.decode() if isinstance(host, bytes) else host or ""
        return resolve("127.0.0.1" if name.endswith("localhost") else host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


class Unexpected(AssertionError):
    """An answer over plain HTTP that has another status than it should have."""

    def __init__(self, answer, wanted):
        super().__init__(f"status {answer.status}, not {wanted}: {answer.body[:2000]!r}")
        self.status = answer.status


class CommandFailed(AssertionError):
    def __init__(self, command, done):
        said = (done.stdout + done.stderr).decode(errors="replace")
        super().__init__(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said[-4000:]}")
        self.said = said


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()

    def expect(self, *statuses):
        if self.status not in statuses:
            raise Unexpected(self, " or ".join(map(str, statuses)))
        return self

    def refused(self, status, code):
        self.expect(status)
        assert f"<Code>{code}</Code>".encode() in self.body, f"not {code}: {self.body!r}"
        return self


def fetch(url, method="GET", headers=None, body=None):
    """One request as it is, with nothing signed, followed or retried."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=settings["authority"])
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    with contextlib.closing(connection):
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body=body, headers=headers or {})
        return Answer(connection.getresponse())


def signed(method, url, headers=None, body=b"", user=None):
    """The headers of a request that botocore signs, so that a test may send something else than it signed."""
    user = user or settings["administrator"]
    credentials = botocore.credentials.Credentials(user["accessKeyID"], user["secretAccessKey"])
    request = botocore.awsrequest.AWSRequest(method, url, headers=headers or {}, data=body)
    # Else only https would be trusted with an unsigned payload.
    request.context["client_config"] = botocore.config.Config(s3={"payload_signing_enabled": True})
    hashed = (headers or {}).get("x-amz-content-sha256")
    signer = botocore.auth.S3SigV4Auth(credentials, "s3", settings["region"])
    if hashed:
        # Else it would be the hash of the body that was given here.
        signer.payload = lambda request: hashed
    signer.add_auth(request)
    return dict(request.headers.items())


def send(method, path, headers=None, body=b"", user=None):
    """A signed request that no client would let anybody make."""
    url = settings["endpoint"] + path
    return fetch(url, method, signed(method, url, headers, body, user), body)


def is_not_implemented(error):
    """Whether it is a failure because the server has said 501, or because of another failure that is."""
    while error is not None:
        if isinstance(error, botocore.exceptions.ClientError):
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501:
                return True
        if getattr(error, "status", None) == 501:
            return True
        if isinstance(error, CommandFailed) and ("NotImplemented" in error.said or "501" in error.said):
            return True
        error = error.__cause__ or error.__context__
    return False


class ClientTest(unittest.TestCase):
    maxDiff = 4000

    @property
    def is_secure(self):
        return settings["endpoint"].startswith("https:")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=settings["work"])
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    @staticmethod
    def new_name(word="bucket"):
        return f"{word}-{uuid.uuid4().hex[:16]}"

    @contextlib.contextmanager
    def refused(self, status, *codes):
        """What is done in it must be refused so. Yields a list of one, into which the error comes."""
        errors = []
        try:
            yield errors
        except botocore.exceptions.ClientError as error:
            answer = error.response
            found = (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"].get("Code"))
            assert found[0] == status and found[1] in codes, f"refused by {found}, not {(status, *codes)}: {error}"
            errors.append(answer)
        else:
            raise AssertionError(f"not refused, where {(status, *codes)} was expected")


class S3Test(ClientTest):
    """Tests of boto3's S3 client, which have an administrator's client and a bucket of their own."""

    bucket_options = {}

    def setUp(self):
        super().setUp()
        self.s3 = self.client()
        self.bucket = self.make_bucket(**self.bucket_options)

    def client(self, user=None, endpoint=None, s3=None, **options):
        user = user or settings["administrator"]
        s3 = {"addressing_style": "path", **(s3 or {})}
        retries = {"total_max_attempts": 1}
        client = boto3.client(
            "s3",
            endpoint_url=endpoint or settings["endpoint"],
            region_name=settings["region"],
            aws_access_key_id=user["accessKeyID"],
            aws_secret_access_key=user["secretAccessKey"],
            verify=settings["authority"],
            config=botocore.config.Config(signature_version="s3v4", retries=retries, s3=s3, **options),
        )
        self.addCleanup(client.close)
        return client

    def make_bucket(self, **options):
        name = self.new_name()
        self.s3.create_bucket(Bucket=name, **options)
        return name

    def put(self, key, body=b"body", **options):
        return self.s3.put_object(Bucket=options.pop("Bucket", self.bucket), Key=key, Body=body, **options)

    def read(self, key, **options):
        return self.s3.get_object(Bucket=options.pop("Bucket", self.bucket), Key=key, **options)["Body"].read()

    def head(self, key, **options):
        return self.s3.head_object(Bucket=options.pop("Bucket", self.bucket), Key=key, **options)

    def keys(self, **options):
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=self.bucket, **options).get("Contents", [])]

    def allow_customer_keys(self, bucket=None):
        """As on AWS, a new bucket blocks SSE-C."""
        rule = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
        }
        self.s3.put_bucket_encryption(
            Bucket=bucket or self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
