"""rclone, for which the server is any S3 that it does not know."""

import os
import time

from support import MIB, fetch, settings
from support.commands import CommandTest, contents, run


class RcloneTests(CommandTest):
    def setUp(self):
        super().setUp()
        self.configure()

    def configure(self, *lines):
        user = settings["administrator"]
        self.configuration = self.write_private("rclone.conf", "\n".join([
            "[server]", "type = s3", "provider = Other", f"access_key_id = {user['accessKeyID']}",
            f"secret_access_key = {user['secretAccessKey']}", f"endpoint = {settings['endpoint']}",
            f"region = {settings['region']}", *lines, "",
        ]))

    def rclone(self, *words, status=0):
        return run(
            "rclone", "--config", self.configuration, "--ca-cert", settings["authority"], "--retries", "1",
            "--low-level-retries", "1", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", *words, status=status,
        ).decode()

    def at(self, path="", bucket=None):
        return f"server:{bucket or self.bucket}/{path}".rstrip("/")

    def test_copy_and_check(self):
        tree, back = self.make_tree(), self.folder / "back"
        self.rclone("copy", tree, self.at("t"))
        self.assertEqual(len(self.keys()), len(contents(tree)))
        self.assertTrue(self.head("t/large")["ETag"].endswith('-3"'))
        self.rclone("check", tree, self.at("t"))
        self.rclone("check", tree, self.at("t"), "--download")
        self.rclone("copy", self.at("t"), back)
        self.assertEqual(contents(back), contents(tree))
        self.put("t/one", b"2")
        self.rclone("check", tree, self.at("t"), status=1)

    def test_sync(self):
        tree = self.make_tree()
        for words in [[], ["--checksum"]]:
            self.rclone("sync", tree, self.at("t"), *words)
            before = self.head("t/large")["LastModified"]
            time.sleep(1.1)
            self.rclone("sync", tree, self.at("t"), *words)
            self.assertEqual(self.head("t/large")["LastModified"], before)
        (tree / "one").unlink()
        (tree / "folder" / "a b.txt").write_bytes(b"changed")
        (tree / "new").write_bytes(b"new")
        self.rclone("sync", tree, self.at("t"), "--checksum")
        found = {key.removeprefix("t/"): self.read(key) for key in self.keys()}
        self.assertEqual(found, contents(tree))

    def test_times_are_kept(self):
        tree, back = self.make_tree(), self.folder / "back"
        os.utime(tree / "one", (1_000_000_000, 1_000_000_000))
        self.rclone("copy", tree, self.at())
        self.rclone("copy", self.at(), back)
        self.assertEqual(int((back / "one").stat().st_mtime), 1_000_000_000)

    def test_copies_and_moves_at_the_server(self):
        tree = self.make_tree()
        self.rclone("copy", tree, self.at("t"))
        self.rclone("copy", self.at("t"), self.at("u"), "--s3-copy-cutoff", "6M")
        self.rclone("check", tree, self.at("u"), "--download")
        self.rclone("moveto", self.at("u/one"), self.at("u/moved"))
        self.assertEqual(self.read("u/moved"), contents(tree)["one"])
        self.assertEqual(self.keys(Prefix="u/one"), [])

    def test_lists_and_removals(self):
        tree = self.make_tree()
        self.rclone("copy", tree, self.at())
        listed = self.rclone("lsf", "--recursive", "--files-only", self.at()).splitlines()
        self.assertEqual(sorted(listed), sorted(contents(tree)))
        self.assertIn('"count":7', self.rclone("size", "--json", self.at()))
        self.assertEqual(self.rclone("cat", self.at("folder/a b.txt"), "--offset", "10", "--count", "0"), "")
        self.rclone("delete", self.at("folder"))
        self.assertEqual(self.keys(), ["empty", "large", "one"])
        other = self.new_name()
        self.rclone("mkdir", self.at(bucket=other))
        self.assertIn(other, self.rclone("lsd", "server:"))
        self.rclone("copy", tree, self.at(bucket=other))
        self.rclone("purge", self.at(bucket=other))
        self.assertNotIn(other, self.rclone("lsd", "server:"))

    def test_a_stream(self):
        body = os.urandom(11 * MIB)
        run("rclone", "--config", self.configuration, "--ca-cert", settings["authority"], "rcat", self.at("k"),
            given=body)
        self.assertEqual(self.read("k"), body)

    def test_links(self):
        self.put("a b", b"linked")
        url = self.rclone("link", "--expire", "1m", self.at("a b")).strip()
        self.assertEqual(fetch(url).expect(200).body, b"linked")

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.put("k", b"old")
        self.put("k", b"newer")
        listed = self.rclone("lsf", "--s3-versions", "--format", "sp", self.at()).splitlines()
        self.assertEqual(sorted(line.split(";")[0] for line in listed), ["3", "5"])

    def test_a_customer_s_key(self):
        if not self.is_secure:
            self.skipTest("customers' keys go over HTTPS only")
        self.allow_customer_keys()
        key = os.urandom(16).hex()
        self.configure("sse_customer_algorithm = AES256", f"sse_customer_key = {key}")
        tree, back = self.make_tree(), self.folder / "back"
        self.rclone("copy", tree, self.at())
        self.rclone("copy", self.at(), back)
        self.assertEqual(contents(back), contents(tree))
        with self.refused(400, "InvalidRequest"):
            self.read("large")
        self.assertEqual(self.read("one", SSECustomerAlgorithm="AES256", SSECustomerKey=key), contents(tree)["one"])

    def test_unfinished_uploads_are_cleaned_up(self):
        self.s3.create_multipart_upload(Bucket=self.bucket, Key="k")
        self.rclone("backend", "cleanup", self.at(), "-o", "max-age=0s")
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=self.bucket))
