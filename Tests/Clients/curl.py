"""curl over HTTP/2, which the SDKs do not speak: plain requests, and refusals of bodies that nobody will read."""

import os
import unittest

from support import MIB, settings
from support.commands import CommandTest, run


@unittest.skipUnless(settings["endpoint"].startswith("https:"), "HTTP/2 is spoken over TLS")
class CurlTests(CommandTest):
    def curl(self, *words, status=0):
        """What came, and behind it the status and the version of HTTP."""
        told = run("curl", "--silent", "--show-error", "--http2", "--cacert", settings["authority"],
                   "--write-out", "\n%{http_code} HTTP/%{http_version}", *words, status=status)
        body, _, end = told.rpartition(b"\n")
        return body, end.decode()

    def url(self, method, **options):
        return self.s3.generate_presigned_url(method, Params={"Bucket": self.bucket, "Key": "k", **options})

    def test_put_and_get(self):
        source = self.folder / "source"
        source.write_bytes(os.urandom(3 * MIB))
        body, told = self.curl("--upload-file", source, self.url("put_object"))
        self.assertEqual((body, told), (b"", "200 HTTP/2"))
        body, told = self.curl(self.url("get_object"))
        self.assertEqual((body, told), (source.read_bytes(), "200 HTTP/2"))

    def test_a_refused_body_is_answered(self):
        """The story: the answer had a header that HTTP/2 has not, and never arrived."""
        source = self.folder / "source"
        source.write_bytes(os.urandom(3 * MIB))
        for wait in ["Expect:", "Expect: 100-continue"]:
            body, told = self.curl(
                "--header", wait, "--upload-file", source, f"{settings['endpoint']}/{self.bucket}/k")
            self.assertEqual(told, "403 HTTP/2")
            self.assertIn(b"<Code>AccessDenied</Code>", body)
        # The connection goes on.
        body, told = self.curl("--upload-file", source, f"{settings['endpoint']}/{self.bucket}/k", "--next",
                               "--silent", "--cacert", settings["authority"], "--http2",
                               "--write-out", "\n%{http_code} HTTP/%{http_version} %{num_connects}",
                               settings["endpoint"] + "/")
        self.assertEqual(told, "403 HTTP/2 0")
