"""Objects by boto3: put, read, ranges, conditions, headers, and names that are hard to carry."""

import datetime
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from email.header import decode_header, make_header

from support import MIB, S3Test, fetch, send, settings, signed


class ObjectTests(S3Test):
    def test_put_get_head_delete(self):
        body = os.urandom(100_000)
        put = self.put("k", body)
        self.assertEqual(put["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
        self.assertEqual(put["ServerSideEncryption"], "AES256")
        got = self.s3.get_object(Bucket=self.bucket, Key="k")
        self.assertEqual(got["Body"].read(), body)
        head = self.head("k")
        for answer in [got, head]:
            self.assertEqual(answer["ETag"], put["ETag"])
            self.assertEqual(answer["ContentLength"], len(body))
            self.assertEqual(answer["ContentType"], "binary/octet-stream")
            self.assertEqual(answer["AcceptRanges"], "bytes")
            self.assertEqual(answer["ServerSideEncryption"], "AES256")
            age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
            self.assertLess(abs(age.total_seconds()), 300)
        self.assertNotIn("VersionId", head)
        deleted = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(deleted["ResponseMetadata"]["HTTPStatusCode"], 204)
        with self.refused(404, "NoSuchKey"):
            self.read("k")
        with self.refused(404, "404"):
            self.head("k")
        self.s3.delete_object(Bucket=self.bucket, Key="k")

    def test_sizes(self):
        for size in [0, 1, 15, 16, 17, 4095, 4096, 65_535, 65_536, 65_537, MIB, 5 * MIB + 1, 20 * MIB]:
            with self.subTest(size):
                body = os.urandom(size)
                self.put("k", body)
                self.assertEqual(self.read("k"), body)

    def test_a_put_replaces(self):
        self.put("k", b"first", Metadata={"a": "1"}, ContentType="text/plain")
        self.put("k", b"second")
        self.assertEqual(self.read("k"), b"second")
        self.assertEqual(self.head("k")["Metadata"], {})
        self.assertEqual(self.head("k")["ContentType"], "binary/octet-stream")

    def test_ranges(self):
        body = bytes(range(256)) * 1024
        size = len(body)
        self.put("k", body)
        for text, first, end in [
            ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=65530-65545", 65530, 65546), ("bytes=100-", 100, size),
            ("bytes=-1", size - 1, size), ("bytes=-70000", size - 70000, size), (f"bytes=-{size * 2}", 0, size),
            (f"bytes=10-{size * 9}", 10, size), (f"bytes={size - 1}-", size - 1, size),
        ]:
            with self.subTest(text):
                got = self.s3.get_object(Bucket=self.bucket, Key="k", Range=text)
                self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
                self.assertEqual(got["ContentRange"], f"bytes {first}-{end - 1}/{size}")
                self.assertEqual(got["ContentLength"], end - first)
                self.assertEqual(got["Body"].read(), body[first:end])
        head = self.head("k", Range="bytes=5-9")
        self.assertEqual((head["ResponseMetadata"]["HTTPStatusCode"], head["ContentLength"]), (206, 5))

    def test_ranges_beyond_the_end(self):
        self.put("k", b"0123456789")
        for text in ["bytes=10-", "bytes=10-20", "bytes=-0"]:
            with self.subTest(text), self.refused(416, "InvalidRange"):
                self.read("k", Range=text)
        self.put("empty", b"")
        with self.refused(416, "InvalidRange"):
            self.read("empty", Range="bytes=0-0")

    def test_ranges_that_are_none_are_passed_over(self):
        self.put("k", b"0123456789")
        for text in ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=", "5-6"]:
            with self.subTest(text):
                self.assertEqual(self.read("k", Range=text), b"0123456789")

    def test_conditional_reads(self):
        etag = self.put("k")["ETag"]
        modified = self.head("k")["LastModified"]
        hour = datetime.timedelta(hours=1)
        for options in [
            {"IfMatch": etag}, {"IfMatch": "*"}, {"IfNoneMatch": '"other"'}, {"IfModifiedSince": modified - hour},
            {"IfUnmodifiedSince": modified + hour}, {"IfMatch": etag, "IfUnmodifiedSince": modified - hour},
            {"IfNoneMatch": '"other"', "IfModifiedSince": modified},
        ]:
            with self.subTest(options):
                self.assertEqual(self.read("k", **options), b"body")
                self.head("k", **options)
        for options in [
            {"IfNoneMatch": etag}, {"IfNoneMatch": "*"}, {"IfModifiedSince": modified},
            {"IfNoneMatch": etag, "IfModifiedSince": modified - hour},
        ]:
            with self.subTest(options):
                with self.refused(304, "304"):
                    self.read("k", **options)
                with self.refused(304, "304"):
                    self.head("k", **options)
        for options in [{"IfMatch": '"other"'}, {"IfUnmodifiedSince": modified - hour}]:
            with self.subTest(options):
                with self.refused(412, "PreconditionFailed"):
                    self.read("k", **options)
                with self.refused(412, "412"):
                    self.head("k", **options)

    def test_conditional_writes(self):
        etag = self.put("k", b"first", IfNoneMatch="*")["ETag"]
        with self.refused(412, "PreconditionFailed"):
            self.put("k", b"no", IfNoneMatch="*")
        with self.refused(412, "PreconditionFailed"):
            self.put("k", b"no", IfMatch='"0123456789abcdef0123456789abcdef"')
        with self.refused(404, "NoSuchKey"):
            self.put("absent", b"no", IfMatch=etag)
        self.assertEqual(self.read("k"), b"first")
        self.put("k", b"second", IfMatch=etag)
        self.assertEqual(self.read("k"), b"second")

    def test_conditional_deletes(self):
        etag = self.put("k")["ETag"]
        with self.refused(412, "PreconditionFailed"):
            self.s3.delete_object(Bucket=self.bucket, Key="k", IfMatch='"0123456789abcdef0123456789abcdef"')
        self.assertEqual(self.read("k"), b"body")
        self.s3.delete_object(Bucket=self.bucket, Key="k", IfMatch=etag)
        self.assertEqual(self.keys(), [])

    def test_content_headers_are_kept(self):
        headers = {
            "CacheControl": "max-age=60, must-revalidate", "ContentDisposition": 'attachment; filename="a b.txt"',
            "ContentEncoding": "gzip", "ContentLanguage": "de, en", "ContentType": "text/plain; charset=utf-8",
            "Expires": datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        }
        self.put("k", **headers)
        head, got = self.head("k"), self.s3.get_object(Bucket=self.bucket, Key="k")
        for name, value in headers.items():
            self.assertEqual(head[name], value, name)
            self.assertEqual(got[name], value, name)

    def test_the_way_of_sending_is_no_content_encoding(self):
        self.put("k", ContentEncoding="aws-chunked")
        self.assertNotIn("ContentEncoding", self.head("k"))

    def test_headers_of_the_answer_are_chosen_by_the_reader(self):
        self.put("k", ContentType="text/plain")
        moment = datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)
        got = self.s3.get_object(
            Bucket=self.bucket, Key="k", ResponseContentType="image/png", ResponseCacheControl="no-store",
            ResponseContentDisposition="inline", ResponseContentEncoding="br", ResponseContentLanguage="fr",
            ResponseExpires=moment,
        )
        self.assertEqual(got["ContentType"], "image/png")
        self.assertEqual(got["CacheControl"], "no-store")
        self.assertEqual(got["ContentDisposition"], "inline")
        self.assertEqual(got["ContentEncoding"], "br")
        self.assertEqual(got["ContentLanguage"], "fr")
        self.assertEqual(got["Expires"], moment)
        self.assertEqual(self.head("k")["ContentType"], "text/plain")

    def test_metadata(self):
        metadata = {"plain": "value", "with-dash": "a=b; c", "empty": "", "spaces": "a  b", "digits1": "%41+"}
        self.put("k", Metadata=metadata)
        self.assertEqual(self.head("k")["Metadata"], metadata)
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="k")["Metadata"], metadata)

    def test_metadata_that_is_not_ascii(self):
        # Raw UTF-8 in a header comes back in the encoded words of RFC 2047, as AWS has it.
        value = "Zürich – 東京"
        url = f"/{self.bucket}/k"
        place = settings["endpoint"] + url
        headers = signed("PUT", place, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-meta-city": value})
        # What was signed as text goes as the bytes of its UTF-8.
        headers["x-amz-meta-city"] = value.encode().decode("latin-1")
        fetch(place, "PUT", headers, b"body").expect(200)
        found = send("HEAD", url).expect(200).headers["x-amz-meta-city"]
        if found.startswith("=?"):
            found = str(make_header(decode_header(found)))
        else:
            found = found.encode("latin-1").decode()
        self.assertEqual(found, value)

    def test_too_much_metadata(self):
        self.put("k", Metadata={"a": "b" * 2000})
        with self.refused(400, "MetadataTooLarge"):
            self.put("k", Metadata={"a": "b" * 2048})

    def test_storage_classes(self):
        self.put("k", StorageClass="STANDARD_IA")
        self.assertEqual(self.head("k")["StorageClass"], "STANDARD_IA")
        self.put("k")
        self.assertNotIn("StorageClass", self.head("k"))
        with self.refused(400, "InvalidStorageClass"):
            self.put("k", StorageClass="OUTPOSTS")
        with self.refused(400, "InvalidStorageClass"):
            self.put("k", StorageClass="PAPER")

    def test_names_that_are_hard_to_carry(self):
        names = [
            "a b", " lead", "trail ",
            "a+b", "100%", "%41", "%2F", "a%20b", "ünïcode/日本語/🔑", "e\u0301", "\u00e9",
            ".", "..", "../up", "a/../b", "a/./b", "/lead", "//", "//lead", "a//b", "dir/", "dir//", "a/..", "~tilde",
            "a&b<c>\"d'", "?query=1", "a?b#c", "#", "back\\slash", "semi;colon", "a=b", "comma,", "(par)[en]{th}", "*",
            "!$'",
            "tab\tnew\nline", "\x01", "\x7f", "versions", "uploads?", "CON", "x" * 1024, "é" * 512,
        ]
        for name in names:
            with self.subTest(name):
                self.put(name, name.encode())
                self.assertEqual(self.read(name), name.encode())
        self.assertEqual(sorted(self.keys()), sorted(names))
        old_list = self.s3.list_objects(Bucket=self.bucket)
        self.assertEqual(sorted(entry["Key"] for entry in old_list["Contents"]), sorted(names))
        for name in names:
            self.s3.delete_object(Bucket=self.bucket, Key=name)
        self.assertEqual(self.keys(), [])

    def test_a_name_is_at_most_1024_bytes(self):
        for name in ["x" * 1025, "é" * 513]:
            with self.refused(400, "KeyTooLongError"):
                self.put(name)

    def test_names_that_are_no_text(self):
        for name in ["%FF", "%C0%AF", "%ED%A0%80"]:
            with self.subTest(name):
                answer = send("PUT", f"/{self.bucket}/{name}", body=b"x")
                self.assertEqual(answer.status, 400, answer.body)

    def test_an_upload_that_says_nothing_of_its_length(self):
        url = f"{settings['endpoint']}/{self.bucket}/k"
        headers = signed("PUT", url, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
        # An iterator, so that the client does not add a length by itself.
        answer = fetch(url, "PUT", {**headers, "Transfer-Encoding": "chunked"}, iter([b"4\r\nbody\r\n0\r\n\r\n"]))
        self.assertIn(answer.status, [411, 501], answer.body)
        self.assertEqual(self.keys(), [])

    def test_many_at_once(self):
        bodies = {f"k{number:03}": os.urandom(number * 997) for number in range(100)}
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda item: self.put(*item), bodies.items()))
            found = dict(zip(bodies, pool.map(self.read, bodies)))
        self.assertEqual(found, bodies)
        self.assertEqual(self.keys(), sorted(bodies))
