"""What errors look like, and who is no one: signatures that are wrong, clocks that are off, requests that are none."""

import datetime
import re
import unittest.mock

import botocore.auth

from support import S3Test, fetch, send, settings, signed


class ErrorTests(S3Test):
    def test_the_form_of_an_error(self):
        answer = send("GET", f"/{self.bucket}/absent%20%3Ckey%3E").refused(404, "NoSuchKey")
        self.assertEqual(answer.headers["Content-Type"], "application/xml")
        for text in [b"<?xml", b"<Message>", b"<RequestId>", b"<HostId>", b"<Key>absent &lt;key&gt;</Key>"]:
            self.assertIn(text, answer.body)
        identifier = re.search(rb"<RequestId>([^<]+)</RequestId>", answer.body)[1].decode()
        self.assertEqual(answer.headers["x-amz-request-id"], identifier)
        self.assertTrue(answer.headers["x-amz-id-2"])
        head = send("HEAD", f"/{self.bucket}/absent").expect(404)
        self.assertEqual(head.body, b"")
        again = send("GET", f"/{self.bucket}/absent")
        self.assertNotEqual(again.headers["x-amz-request-id"], identifier)

    def test_a_bucket_that_is_not_there(self):
        bucket = self.new_name()
        for operation, parameters in [
            ("list_objects_v2", {}), ("get_object", {"Key": "k"}), ("put_object", {"Key": "k"}),
            ("delete_object", {"Key": "k"}), ("get_bucket_location", {}), ("create_multipart_upload", {"Key": "k"}),
            ("list_object_versions", {}), ("get_bucket_policy", {}), ("get_bucket_versioning", {}),
        ]:
            with self.subTest(operation), self.refused(404, "NoSuchBucket") as errors:
                getattr(self.s3, operation)(Bucket=bucket, **parameters)
            self.assertEqual(errors[0]["Error"]["BucketName"], bucket)

    def test_methods_that_are_none(self):
        key = f"/{self.bucket}/k"
        for method, path in [("POST", key), ("PATCH", key), ("DELETE", "/"), ("PUT", "/")]:
            with self.subTest(method):
                answer = send(method, path)
                self.assertIn(answer.status, [400, 405, 501], answer.body)

    def test_the_public_is_refused(self):
        fetch(settings["endpoint"] + "/").expect(403, 307)
        fetch(f"{settings['endpoint']}/{self.bucket}").refused(403, "AccessDenied")
        fetch(f"{settings['endpoint']}/{self.bucket}?policy").refused(403, "AccessDenied")
        fetch(f"{settings['endpoint']}/{self.new_name()}", "PUT").refused(403, "AccessDenied")


class SignatureTests(S3Test):
    def send(self, headers, method="GET", path=None, body=None):
        return fetch(f"{settings['endpoint']}{path or '/' + self.bucket}", method, headers, body)

    def sign(self, **headers):
        return signed("GET", f"{settings['endpoint']}/{self.bucket}", headers)

    def test_wrong_users(self):
        user = settings["administrator"]
        with self.refused(403, "SignatureDoesNotMatch"):
            self.client({**user, "secretAccessKey": "x" * 40}).list_buckets()
        with self.refused(403, "InvalidAccessKeyId"):
            self.client({**user, "accessKeyID": "AKIAIOSFODNN7EXAMPLE"}).list_buckets()

    def test_something_else_than_was_signed(self):
        headers = self.sign(**{"x-amz-meta-a": "1"})
        self.send(headers).expect(200)
        for changes in [{"x-amz-meta-a": "2"}, {"X-Amz-Date": "20200101T000000Z"}, {"Host": "localhost:1"},
                        {"X-Amz-Content-SHA256": "0" * 64}]:
            with self.subTest(changes):
                changed = {k: v for k, v in headers.items() if k.lower() not in {n.lower() for n in changes}}
                self.assertIn(self.send({**changed, **changes}).status, [400, 403])
        self.send(headers, path=f"/{self.bucket}?prefix=x").refused(403, "SignatureDoesNotMatch")
        self.send(headers, path=f"/{self.bucket}/").refused(403, "SignatureDoesNotMatch")
        self.send(headers, "HEAD").expect(403)
        self.send(headers, "PUT", body=b"").expect(403)

    def test_headers_that_nobody_signed(self):
        headers = self.sign()
        self.send({**headers, "x-amz-expected-bucket-owner": "123456789012"}).expect(403)
        self.send({**headers, "X-Other": "1"}).expect(200)

    def test_authorizations_that_are_none(self):
        good = self.sign()
        for text in ["", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", "Basic YTpi", "AWS a:b",
                     good["Authorization"].replace("/s3/", "/ec2/"), good["Authorization"].replace("Signature=", "S=")]:
            with self.subTest(text):
                self.assertIn(self.send({**good, "Authorization": text}).status, [400, 403])

    def test_another_region(self):
        here = settings["region"]
        try:
            settings["region"] = "eu-west-3"
            headers = self.sign()
        finally:
            settings["region"] = here
        answer = self.send(headers).refused(400, "AuthorizationHeaderMalformed")
        self.assertIn(f"<Region>{here}</Region>".encode(), answer.body)

    def test_a_clock_that_is_off(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes, status in [(-14, 200), (14, 200), (-16, 403), (16, 403)]:
            moment = (now + datetime.timedelta(minutes=minutes)).replace(tzinfo=None)
            with self.subTest(minutes):
                answer = self.send(self.sign_at(moment))
                answer.expect(status)
                if status == 403:
                    answer.refused(403, "RequestTimeTooSkewed")

    def sign_at(self, moment):
        aware = moment.replace(tzinfo=datetime.timezone.utc)
        with unittest.mock.patch.object(
            botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment if remove_tzinfo else aware
        ):
            return self.sign()

    def test_without_the_digest_of_the_body(self):
        headers = {k: v for k, v in self.sign().items() if k.lower() != "x-amz-content-sha256"}
        self.send(headers).expect(400, 403)
