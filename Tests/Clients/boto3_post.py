"""Uploads by an HTML form, whose policy boto3 signs."""

import base64
import datetime
import hashlib
import json
import os
import time
import uuid

from support import S3Test, fetch, settings


class FormTests(S3Test):
    def form(self, key="k", fields=None, conditions=None, seconds=300, client=None):
        return (client or self.s3).generate_presigned_post(
            self.bucket, key, Fields=dict(fields or {}), Conditions=conditions, ExpiresIn=seconds
        )

    def post(self, form, body=b"body", name="file.txt", content_type=None, url=None, order=None):
        boundary = uuid.uuid4().hex
        lines = []
        for field, value in (order or form["fields"].items()):
            lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{field}"', "", value]
        if body is not None:
            lines += [f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{name}"']
            lines += [f"Content-Type: {content_type}"] if content_type else []
            lines += ["", ""]
        data = "\r\n".join(lines).encode() + (body or b"") + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return fetch(url or form["url"], "POST", headers, data)

    def test_a_file(self):
        body = bytes(range(256)) * 3000 + b"\r\n--x\r\n"
        answer = self.post(self.form(), body).expect(204)
        self.assertEqual(answer.headers["ETag"], self.head("k")["ETag"])
        self.assertEqual(self.read("k"), body)
        self.assertEqual(self.head("k")["ServerSideEncryption"], "AES256")

    def test_the_name_of_the_file(self):
        form = self.form("uploads/${filename}")
        self.post(form, name="a b.txt").expect(204)
        self.assertEqual(self.keys(), ["uploads/a b.txt"])

    def test_fields_become_headers(self):
        fields = {"Content-Type": "text/plain", "x-amz-meta-colour": "blue", "Cache-Control": "no-store",
                  "x-amz-storage-class": "STANDARD_IA"}
        conditions = [{name: value} for name, value in fields.items()]
        self.post(self.form(fields=fields, conditions=conditions)).expect(204)
        head = self.head("k")
        self.assertEqual((head["ContentType"], head["Metadata"]), ("text/plain", {"colour": "blue"}))
        self.assertEqual((head["CacheControl"], head["StorageClass"]), ("no-store", "STANDARD_IA"))

    def test_tags(self):
        tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
        self.post(self.form(fields={"tagging": tags}, conditions=[{"tagging": tags}])).expect(204)
        found = self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"]
        self.assertEqual(found, [{"Key": "a", "Value": "1"}])

    def test_what_success_looks_like(self):
        for status in ["200", "201", "204"]:
            fields = {"success_action_status": status}
            answer = self.post(self.form(fields=fields, conditions=[fields])).expect(int(status))
            if status == "201":
                self.assertIn(f"<Bucket>{self.bucket}</Bucket>".encode(), answer.body)
                self.assertIn(b"<Key>k</Key>", answer.body)
        fields = {"success_action_redirect": "https://example.com/done?a=b"}
        answer = self.post(self.form(fields=fields, conditions=[fields])).expect(303)
        place = answer.headers["Location"]
        self.assertTrue(place.startswith("https://example.com/done?a=b&"), place)
        self.assertIn(f"bucket={self.bucket}", place)

    def test_what_the_policy_does_not_allow(self):
        length = ["content-length-range", 2, 10]
        self.post(self.form(conditions=[length]), b"1234567890").expect(204)
        self.post(self.form(conditions=[length]), b"12345678901").refused(400, "EntityTooLarge")
        self.post(self.form(conditions=[length]), b"1").refused(400, "EntityTooSmall")
        form = self.form()
        form["fields"]["key"] = "another"
        self.post(form).refused(403, "AccessDenied")
        form = self.form()
        form["fields"]["x-amz-meta-unforeseen"] = "1"
        self.post(form).refused(403, "AccessDenied")
        starts = [["starts-with", "$Content-Type", "image/"]]
        self.post(self.form(fields={"Content-Type": "image/png"}, conditions=starts)).expect(204)
        self.post(self.form(fields={"Content-Type": "text/html"}, conditions=starts)).refused(403, "AccessDenied")
        self.assertEqual(self.keys(), ["k"])

    def test_the_bucket_is_that_of_the_policy(self):
        other = self.make_bucket()
        form = self.form()
        url = f"{settings['endpoint']}/{other}"
        self.post(form, url=url).expect(403)
        form["fields"]["bucket"] = other
        self.post(form, url=url).expect(403)
        form["fields"]["bucket"] = self.bucket
        self.post(form, url=url).expect(400, 403)
        self.assertEqual(self.s3.list_objects_v2(Bucket=other)["KeyCount"], 0)
        self.assertEqual(self.keys(), [])

    def test_expired(self):
        form = self.form(seconds=1)
        time.sleep(3)
        self.post(form).refused(403, "AccessDenied")

    def test_altered(self):
        form = self.form()
        policy = json.loads(base64.b64decode(form["fields"]["policy"]))
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        policy["expiration"] = later.strftime("%Y-%m-%dT%H:%M:%SZ")
        form["fields"]["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
        self.post(form).refused(403, "SignatureDoesNotMatch")
        form = self.form()
        form["fields"]["x-amz-signature"] = "0" * 64
        self.post(form).refused(403, "SignatureDoesNotMatch")
        for name in ["x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"]:
            form = self.form()
            del form["fields"][name]
            with self.subTest(name):
                self.post(form).expect(400, 403)
        self.assertEqual(self.keys(), [])

    def test_without_policy_or_signature(self):
        self.post({"url": f"{settings['endpoint']}/{self.bucket}", "fields": {"key": "k"}}).refused(403, "AccessDenied")
        self.assertEqual(self.keys(), [])

    def test_forms_that_are_none(self):
        form = self.form()
        self.post(form, body=None).refused(400, "InvalidArgument")
        del form["fields"]["key"]
        self.post(form).refused(400, "InvalidArgument")
        answer = fetch(form["url"], "POST", {"Content-Type": "multipart/form-data; boundary=x"}, b"no form")
        answer.expect(400)
        answer = fetch(form["url"], "POST", {"Content-Type": "application/x-www-form-urlencoded"}, b"key=k")
        answer.expect(400, 405, 412)
        self.assertEqual(self.keys(), [])

    def test_of_somebody_without_permission(self):
        form = self.form(client=self.client(settings["stranger"]))
        self.post(form).refused(403, "AccessDenied")
        self.assertEqual(self.keys(), [])

    def test_a_customer_s_key(self):
        key = os.urandom(32)
        prefix = "x-amz-server-side-encryption-customer-"
        fields = {prefix + "algorithm": "AES256", prefix + "key": base64.b64encode(key).decode(),
                  prefix + "key-MD5": base64.b64encode(hashlib.md5(key).digest()).decode()}
        form = self.form(fields=fields, conditions=[{name: value} for name, value in fields.items()])
        if not self.is_secure:
            self.allow_customer_keys()
            self.post(form).refused(400, "InvalidRequest")
            return
        self.post(form).refused(403, "AccessDenied")
        self.allow_customer_keys()
        self.post(form).expect(204)
        got = self.read("k", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
        self.assertEqual(got, b"body")
