"""AWS Signature Version 4 in headers and queries, and a client that sends its requests one after another."""
import datetime
import hashlib
import hmac
import http.client
import json
import urllib.parse

REGION = "us-east-1"


def signed_headers(method, path, query, body, access_key, secret, host, more=None, service="s3"):
    """`more` are headers by names in lower case, signed like the others."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now, **(more or {})}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
    canonical = f"{method}\n{path}\n{canonical_query}\n{lines}\n{names}\n{digest}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, "
        f"Signature={signature(canonical, now, scope, secret)}"
    )
    return headers


def quoted(text):
    return urllib.parse.quote(text, safe="-._~")


def presigned(method, path, access_key, secret, host, expires_seconds=86_400):
    """Path and query of a request that whoever has them may send."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{REGION}/s3/aws4_request"
    query = "&".join(
        f"{name}={quoted(value)}"
        for name, value in (
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{access_key}/{scope}"),
            ("X-Amz-Date", now), ("X-Amz-Expires", str(expires_seconds)), ("X-Amz-SignedHeaders", "host")))
    canonical = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    return f"{path}?{query}&X-Amz-Signature={signature(canonical, now, scope, secret)}"


def signature(canonical, now, scope, secret):
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


class Client:
    """Its paths have only characters that nobody has to quote."""

    def __init__(self, port, access_key, secret):
        self.access_key, self.secret, self.host = access_key, secret, f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method, path, query="", body=b""):
        """Status, headers and body. Raises OSError or HTTPException where the connection fails."""
        headers = signed_headers(method, path, query, body, self.access_key, self.secret, self.host)
        return self.exchange(method, path + ("?" + query if query else ""), body, headers)

    def ask_key_service(self, operation, members):
        """The same of an operation of KMS."""
        more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{operation}"}
        body = json.dumps(members).encode()
        headers = signed_headers("POST", "/", "", body, self.access_key, self.secret, self.host, more, "kms")
        status, headers, answer = self.exchange("POST", "/", body, headers)
        return status, headers, json.loads(answer) if answer else {}

    def exchange(self, method, target, body, headers):
        self.connection.request(method, target, body=body or None, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def close(self):
        self.connection.close()
