"""s3cmd, which signs and lists in its own older way."""

import hashlib
import os
import urllib.parse

from support import MIB, fetch, settings
from support.commands import CommandTest, contents, run


class S3cmdTests(CommandTest):
    def setUp(self):
        super().setUp()
        user, place = settings["administrator"], urllib.parse.urlsplit(settings["endpoint"])
        self.configuration = self.write_private("s3cmd.conf", "\n".join([
            "[default]", f"access_key = {user['accessKeyID']}", f"secret_key = {user['secretAccessKey']}",
            f"host_base = {place.netloc}", f"host_bucket = {place.netloc}", f"use_https = {self.is_secure}",
            f"ca_certs_file = {settings['authority']}", "check_ssl_certificate = True", "multipart_chunk_size_mb = 5",
            f"bucket_location = {settings['region']}", "progress_meter = False", "max_retries = 1",
            "encoding = UTF-8", "",
        ]))
        self.place = f"s3://{self.bucket}"

    def s3cmd(self, *words, status=0):
        return run("s3cmd", "-c", self.configuration, *words, status=status).decode()

    def test_buckets(self):
        name = self.new_name()
        self.s3cmd("mb", f"s3://{name}")
        self.assertIn(f"s3://{name}", self.s3cmd("ls"))
        self.assertIn("Location:", self.s3cmd("info", f"s3://{name}"))
        self.s3cmd("rb", f"s3://{name}")
        self.assertNotIn(f"s3://{name}", self.s3cmd("ls"))
        self.put("k")
        self.s3cmd("rb", self.place, status=None)

    def test_put_and_get(self):
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(os.urandom(100_000))
        for name in ["k", "a b+c", "ünï/日本語", "100%"]:
            with self.subTest(name):
                self.s3cmd("put", source, f"{self.place}/{name}", "--add-header=x-amz-meta-colour:blue")
                self.assertEqual(self.head(name)["Metadata"]["colour"], "blue")
                self.s3cmd("get", "--force", f"{self.place}/{name}", target)
                self.assertEqual(target.read_bytes(), source.read_bytes())
        self.assertIn(hashlib.md5(source.read_bytes()).hexdigest(), self.s3cmd("info", f"{self.place}/k"))
        self.s3cmd("get", f"{self.place}/absent", self.folder / "none", status=None)

    def test_parts(self):
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(os.urandom(16 * MIB + 1))
        self.s3cmd("put", source, f"{self.place}/large")
        self.assertTrue(self.head("large")["ETag"].endswith('-4"'))
        self.s3cmd("get", f"{self.place}/large", target)
        self.assertEqual(target.read_bytes(), source.read_bytes())
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="unfinished")["UploadId"]
        self.assertIn(upload, self.s3cmd("multipart", self.place))
        self.s3cmd("abortmp", f"{self.place}/unfinished", upload)
        self.assertNotIn(upload, self.s3cmd("multipart", self.place))

    def test_sync(self):
        tree, back = self.make_tree(), self.folder / "back"
        back.mkdir()
        self.s3cmd("sync", f"{tree}/", f"{self.place}/t/")
        self.s3cmd("sync", f"{self.place}/t/", f"{back}/")
        self.assertEqual(contents(back), contents(tree))
        (tree / "one").unlink()
        (tree / "new").write_bytes(b"new")
        self.s3cmd("sync", "--delete-removed", f"{tree}/", f"{self.place}/t/")
        found = {key.removeprefix("t/"): self.read(key) for key in self.keys()}
        self.assertEqual(found, contents(tree))

    def test_lists_copies_and_removals(self):
        for name in ["a/1", "a/2", "b"]:
            self.put(name)
        self.assertIn(f"DIR  {self.place}/a/", self.s3cmd("ls", self.place))
        self.assertEqual(len(self.s3cmd("ls", "--recursive", self.place).splitlines()), 3)
        self.assertIn("12", self.s3cmd("du", self.place))
        self.s3cmd("cp", f"{self.place}/b", f"{self.place}/c")
        self.s3cmd("mv", f"{self.place}/c", f"{self.place}/d")
        self.assertEqual(self.keys(), ["a/1", "a/2", "b", "d"])
        self.s3cmd("modify", "--add-header=Cache-Control:no-store", f"{self.place}/b")
        self.assertEqual(self.head("b")["CacheControl"], "no-store")
        self.s3cmd("del", f"{self.place}/b", f"{self.place}/d")
        self.s3cmd("del", "--recursive", "--force", self.place)
        self.assertEqual(self.keys(), [])

    def test_signed_links(self):
        self.put("k", b"linked")
        url = self.s3cmd("signurl", f"{self.place}/k", "+60").strip()
        if "X-Amz-Algorithm" not in url:
            # This version signs links in the old way only, which the server does not know, and to HTTP alone.
            if settings["endpoint"].startswith("http:"):
                self.assertIn(fetch(url).status, [400, 403])
            return
        self.assertEqual(fetch(url).expect(200).body, b"linked")

    def test_policies(self):
        policy = self.folder / "policy.json"
        policy.write_text(
            '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject",'
            f'"Resource":"arn:aws:s3:::{self.bucket}/kept/*"}}]}}'
        )
        self.put("kept/k")
        self.s3cmd("setpolicy", policy, self.place)
        self.s3cmd("del", f"{self.place}/kept/k", status=None)
        self.s3cmd("delpolicy", self.place)
        self.s3cmd("del", f"{self.place}/kept/k")

    def test_encryption(self):
        source = self.folder / "source"
        source.write_bytes(b"body")
        self.s3cmd("put", "--server-side-encryption", source, f"{self.place}/k")
        self.assertEqual(self.head("k")["ServerSideEncryption"], "AES256")
