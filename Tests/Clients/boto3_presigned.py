"""Presigned URLs that boto3 makes: used, expired, altered."""

import time
import urllib.parse

from support import S3Test, fetch, settings


class PresignedTests(S3Test):
    def sign(self, method="get_object", seconds=300, client=None, **parameters):
        parameters = {"Bucket": self.bucket, "Key": "k", **parameters}
        return (client or self.s3).generate_presigned_url(method, Params=parameters, ExpiresIn=seconds)

    def altered(self, url, **changes):
        parts = urllib.parse.urlsplit(url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        for name, value in changes.items():
            name = name.replace("_", "-")
            if value is None:
                del query[name]
            else:
                query[name] = value
        return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))

    def test_reading(self):
        self.put("k", b"0123456789")
        url = self.sign()
        for _ in range(2):
            self.assertEqual(fetch(url).expect(200).body, b"0123456789")
        self.assertEqual(fetch(url, headers={"Range": "bytes=2-4"}).expect(206).body, b"234")
        head = fetch(self.sign("head_object"), "HEAD").expect(200)
        self.assertEqual(head.headers["Content-Length"], "10")
        fetch(self.sign(Key="absent")).refused(404, "NoSuchKey")

    def test_hard_names(self):
        for name in ["a b+c", "ünï/日本語", "100%25", "a//b/", "?x=1&y#z", "X-Amz-Signature=0"]:
            with self.subTest(name):
                fetch(self.sign("put_object", Key=name), "PUT", body=name.encode()).expect(200)
                self.assertEqual(fetch(self.sign(Key=name)).expect(200).body, name.encode())
                self.assertEqual(self.read(name), name.encode())

    def test_writing(self):
        url = self.sign("put_object")
        fetch(url, "PUT", body=b"written").expect(200)
        self.assertEqual(self.read("k"), b"written")
        typed = self.sign("put_object", ContentType="text/plain", Metadata={"a": "b"})
        headers = {"Content-Type": "text/plain", "x-amz-meta-a": "b"}
        fetch(typed, "PUT", headers, b"typed").expect(200)
        self.assertEqual(self.head("k")["Metadata"], {"a": "b"})
        for wrong in [{}, {**headers, "Content-Type": "image/png"}, {**headers, "x-amz-meta-a": "c"}]:
            with self.subTest(wrong):
                fetch(typed, "PUT", wrong, b"wrong").expect(403)
        self.assertEqual(self.read("k"), b"typed")

    def test_other_operations(self):
        self.put("k")
        url = self.s3.generate_presigned_url("list_objects_v2", Params={"Bucket": self.bucket, "Prefix": "k"})
        self.assertIn(b"<Key>k</Key>", fetch(url).expect(200).body)
        fetch(self.sign("delete_object"), "DELETE").expect(204)
        self.assertEqual(self.keys(), [])

    def test_headers_of_the_answer(self):
        self.put("k")
        url = self.sign(ResponseContentType="text/html", ResponseContentDisposition='attachment; filename="ä b"')
        answer = fetch(url).expect(200)
        self.assertEqual(answer.headers["Content-Type"], "text/html")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        fetch(self.altered(url, **{"response-content-type": "text/plain"})).refused(403, "SignatureDoesNotMatch")

    def test_a_version(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        old, new = (self.put("k", body)["VersionId"] for body in [b"old", b"new"])
        url = self.sign(VersionId=old)
        self.assertEqual(fetch(url).expect(200).body, b"old")
        fetch(self.altered(url, versionId=new)).refused(403, "SignatureDoesNotMatch")

    def test_expired(self):
        self.put("k")
        url = self.sign(seconds=1)
        time.sleep(3)
        fetch(url).refused(403, "AccessDenied")

    def test_times_that_are_none(self):
        self.put("k")
        url = self.sign()
        for text in ["0", "-1", "604801", "abc", "99999999999999999999"]:
            with self.subTest(text):
                answer = fetch(self.altered(url, X_Amz_Expires=text))
                self.assertIn(answer.status, [400, 403])
                self.assertNotIn(b"body", answer.body[:4])
        fetch(self.altered(url, X_Amz_Date="20990101T000000Z")).expect(400, 403)

    def test_altered(self):
        self.put("k")
        self.put("other", b"other")
        url = self.sign()
        fetch(url).expect(200)
        for changed in [
            url.replace("/k?", "/other?"), self.altered(url, X_Amz_Expires="301"),
            self.altered(url, X_Amz_Signature="0" * 64), self.altered(url, partNumber="1"),
            self.altered(url, X_Amz_SignedHeaders="host;range"),
        ]:
            with self.subTest(changed):
                fetch(changed).expect(403)
        for name in ["X_Amz_Signature", "X_Amz_Date", "X_Amz_Credential", "X_Amz_SignedHeaders", "X_Amz_Expires"]:
            with self.subTest(name):
                fetch(self.altered(url, **{name: None})).expect(400, 403)
        for method in ["PUT", "DELETE", "HEAD"]:
            with self.subTest(method):
                fetch(url, method, body=b"x" if method == "PUT" else None).expect(403)
        fetch(url, headers={"Host": "elsewhere.example"}).expect(403, 404)
        self.assertEqual(self.read("k"), b"body")

    def test_of_somebody_else(self):
        self.put("k")
        user = settings["administrator"]
        wrong = {"accessKeyID": user["accessKeyID"], "secretAccessKey": "x" * 40}
        fetch(self.sign(client=self.client(wrong))).refused(403, "SignatureDoesNotMatch")
        unknown = {"accessKeyID": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": user["secretAccessKey"]}
        fetch(self.sign(client=self.client(unknown))).refused(403, "InvalidAccessKeyId")
        fetch(self.sign(client=self.client(settings["stranger"]))).refused(403, "AccessDenied")

    def test_two_ways_of_signing_at_once(self):
        self.put("k")
        answer = fetch(self.sign(), headers={"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e"})
        answer.refused(400, "InvalidArgument")
