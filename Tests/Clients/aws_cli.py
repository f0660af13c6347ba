"""The AWS CLI: its high commands on files, and `s3api`."""

import json
import os
import pathlib
import sys

from support import MIB, fetch, settings
from support.commands import CommandTest, contents, run

AWS = pathlib.Path(sys.executable).with_name("aws")


class CommandLineTests(CommandTest):
    def setUp(self):
        super().setUp()
        user = settings["administrator"]
        credentials = self.write_private(
            "credentials",
            f"[default]\naws_access_key_id = {user['accessKeyID']}\n"
            f"aws_secret_access_key = {user['secretAccessKey']}\n",
        )
        configuration = self.write_private(
            "configuration",
            f"[default]\nregion = {settings['region']}\n"
            "s3 =\n  addressing_style = path\n  signature_version = s3v4\n",
        )
        self.environment = {
            "AWS_CONFIG_FILE": str(configuration), "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
            "AWS_CA_BUNDLE": settings["authority"], "AWS_ENDPOINT_URL": settings["endpoint"], "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1",
        }
        self.place = f"s3://{self.bucket}"

    def aws(self, *words, status=0):
        return run(AWS, *words, environment=self.environment, status=status).decode()

    def api(self, operation, *words):
        answer = self.aws("s3api", operation, "--bucket", self.bucket, *words)
        return json.loads(answer) if answer.strip() else {}

    def test_buckets(self):
        name = self.new_name()
        self.aws("s3", "mb", f"s3://{name}")
        self.assertIn(name, self.aws("s3", "ls"))
        self.aws("s3", "rb", f"s3://{name}")
        self.assertNotIn(name, self.aws("s3", "ls"))
        self.assertIn("BucketNotEmpty", self.refusal_of_removal())
        self.aws("s3", "rb", self.place, "--force")

    def refusal_of_removal(self):
        self.put("k")
        return self.aws("s3", "rb", self.place, status=1)

    def test_a_large_file(self):
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(os.urandom(30 * MIB + 1))
        self.aws("s3", "cp", source, f"{self.place}/large", "--only-show-errors")
        self.assertTrue(self.head("large")["ETag"].endswith('-4"'))
        self.aws("s3", "cp", f"{self.place}/large", f"{self.place}/copy", "--only-show-errors")
        self.aws("s3", "cp", f"{self.place}/copy", target, "--only-show-errors")
        self.assertEqual(target.read_bytes(), source.read_bytes())

    def test_from_and_to_a_pipe(self):
        body = os.urandom(9 * MIB)
        run(AWS, "s3", "cp", "-", f"{self.place}/k", environment=self.environment, given=body)
        self.assertEqual(run(AWS, "s3", "cp", f"{self.place}/k", "-", environment=self.environment), body)

    def test_sync(self):
        tree, back = self.make_tree(), self.folder / "back"
        self.aws("s3", "sync", tree, f"{self.place}/t", "--only-show-errors")
        self.aws("s3", "sync", f"{self.place}/t", back, "--only-show-errors")
        self.assertEqual(contents(back), contents(tree))
        self.assertEqual(self.aws("s3", "sync", tree, f"{self.place}/t"), "")
        (tree / "one").unlink()
        (tree / "new").write_bytes(b"new")
        said = self.aws("s3", "sync", tree, f"{self.place}/t", "--delete", "--no-progress")
        self.assertEqual((said.count("upload:"), said.count("delete:")), (1, 1))
        self.aws("s3", "sync", f"{self.place}/t", f"{self.place}/u", "--only-show-errors")
        self.assertEqual(len(self.keys(Prefix="u/")), len(contents(tree)))

    def test_list_move_remove(self):
        tree = self.make_tree()
        self.aws("s3", "cp", tree, f"{self.place}/t", "--recursive", "--only-show-errors")
        listed = self.aws("s3", "ls", f"{self.place}/t/", "--recursive", "--summarize")
        self.assertIn(f"Total Objects: {len(contents(tree))}", listed)
        self.assertIn("PRE folder/", self.aws("s3", "ls", f"{self.place}/t/"))
        self.aws("s3", "mv", f"{self.place}/t/one", f"{self.place}/t/two", "--only-show-errors")
        self.assertEqual(self.keys(Prefix="t/one") + self.keys(Prefix="t/two"), ["t/two"])
        self.aws("s3", "rm", f"{self.place}/t", "--recursive", "--exclude", "*", "--include", "folder/*")
        self.assertEqual(self.keys(), ["t/empty", "t/large", "t/two"])
        self.aws("s3", "rm", self.place, "--recursive")
        self.assertEqual(self.keys(), [])

    def test_presign(self):
        self.put("a b+ü", b"signed")
        url = self.aws("s3", "presign", f"{self.place}/a b+ü", "--expires-in", "60").strip()
        self.assertEqual(fetch(url).expect(200).body, b"signed")
        fetch(url[:-1] + ("0" if url[-1] != "0" else "1")).expect(403)

    def test_headers(self):
        source = self.folder / "page.html"
        source.write_text("<p>")
        self.aws(
            "s3", "cp", source, f"{self.place}/k", "--metadata", "a=b", "--cache-control", "no-store",
            "--storage-class", "STANDARD_IA", "--sse", "AES256", "--checksum-algorithm", "SHA256",
        )
        head = self.api("head-object", "--key", "k", "--checksum-mode", "ENABLED")
        self.assertEqual((head["ContentType"], head["Metadata"]), ("text/html", {"a": "b"}))
        self.assertEqual((head["CacheControl"], head["StorageClass"]), ("no-store", "STANDARD_IA"))
        self.assertIn("ChecksumSHA256", head)

    def test_a_customer_s_key(self):
        if not self.is_secure:
            self.skipTest("customers' keys go over HTTPS only")
        self.allow_customer_keys()
        key, source, target = self.folder / "key", self.folder / "source", self.folder / "target"
        key.write_bytes(os.urandom(32))
        source.write_bytes(os.urandom(20 * MIB))
        words = ["--sse-c", "AES256", "--sse-c-key", f"fileb://{key}", "--only-show-errors"]
        self.aws("s3", "cp", source, f"{self.place}/k", *words)
        self.aws("s3", "cp", f"{self.place}/k", target, *words)
        self.assertEqual(target.read_bytes(), source.read_bytes())
        self.aws("s3", "cp", f"{self.place}/k", target, status=1)

    def test_the_interface_itself(self):
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(b"0123456789")
        self.api("put-bucket-versioning", "--versioning-configuration", "Status=Enabled")
        first = self.api("put-object", "--key", "k", "--body", source)
        self.api("put-object", "--key", "k", "--body", source, "--tagging", "a=1")
        got = self.api("get-object", "--key", "k", "--version-id", first["VersionId"], "--range", "bytes=2-4", target)
        self.assertEqual((target.read_bytes(), got["ContentRange"]), (b"234", "bytes 2-4/10"))
        self.assertEqual(self.api("get-object-tagging", "--key", "k")["TagSet"], [{"Key": "a", "Value": "1"}])
        self.assertEqual(self.api("list-objects-v2", "--max-items", "1")["Contents"][0]["Size"], 10)
        self.assertEqual(len(self.api("list-object-versions")["Versions"]), 2)
        self.assertTrue(self.api("delete-object", "--key", "k")["DeleteMarker"])
        self.assertIn("NoSuchKey", self.aws(
            "s3api", "get-object", "--bucket", self.bucket, "--key", "k", str(target), status=255))
        rule = self.api("get-bucket-encryption")["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")

    def test_errors(self):
        self.assertIn("NoSuchBucket", self.aws("s3", "ls", f"s3://{self.new_name()}", status=255))
        self.aws("s3", "cp", f"{self.place}/absent", self.folder / "target", status=1)
