"""Deleting many objects by one request of boto3."""

import base64
import hashlib

from support import S3Test, send


class BatchDeleteTests(S3Test):
    def delete(self, objects, **options):
        return self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, **options})

    def test_many(self):
        names = [f"k{number}" for number in range(50)] + ["a b", "a&<b>", "ü", "a//b", "+"]
        for name in names:
            self.put(name)
        answer = self.delete([{"Key": name} for name in [*names, "absent"]])
        self.assertEqual(sorted(entry["Key"] for entry in answer["Deleted"]), sorted([*names, "absent"]))
        self.assertNotIn("Errors", answer)
        self.assertEqual(self.keys(), [])

    def test_quiet(self):
        self.put("k")
        answer = self.delete([{"Key": "k"}], Quiet=True)
        self.assertNotIn("Deleted", answer)
        self.assertNotIn("Errors", answer)
        self.assertEqual(self.keys(), [])

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        old, new = (self.put("k", body)["VersionId"] for body in [b"old", b"new"])
        gone = self.delete([{"Key": "k", "VersionId": new}])["Deleted"]
        self.assertEqual(gone, [{"Key": "k", "VersionId": new}])
        self.assertEqual(self.read("k"), b"old")
        marked = self.delete([{"Key": "k"}])["Deleted"][0]
        self.assertTrue(marked["DeleteMarker"])
        marker = marked["DeleteMarkerVersionId"]
        self.assertEqual(self.keys(), [])
        undone = self.delete([{"Key": "k", "VersionId": marker}])["Deleted"][0]
        self.assertEqual((undone["VersionId"], undone["DeleteMarkerVersionId"]), (marker, marker))
        self.assertEqual(self.read("k", VersionId=old), b"old")

    def test_one_that_fails_does_not_keep_the_others(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.put("k")
        answer = self.delete([{"Key": "k", "VersionId": "no version of ours"}, {"Key": "k"}])
        self.assertEqual([entry["Key"] for entry in answer["Deleted"]], ["k"])
        errors = [(error["Key"], error["Code"]) for error in answer["Errors"]]
        self.assertIn(errors, [[("k", "NoSuchVersion")], [("k", "InvalidArgument")]])

    def test_on_conditions(self):
        etag = self.put("k")["ETag"]
        answer = self.delete([{"Key": "k", "ETag": '"0123456789abcdef0123456789abcdef"'}])
        self.assertEqual([(e["Key"], e["Code"]) for e in answer["Errors"]], [("k", "PreconditionFailed")])
        self.assertEqual(self.keys(), ["k"])
        self.delete([{"Key": "k", "ETag": etag}])
        self.assertEqual(self.keys(), [])

    def test_a_thousand_at_most(self):
        self.delete([{"Key": str(number)} for number in range(1000)])
        with self.refused(400, "MalformedXML"):
            self.delete([{"Key": str(number)} for number in range(1001)])

    def test_malformed(self):
        for body in [b"", b"<Delete", b"<Delete></Delete>", b"<Delete><Object></Object></Delete>", b"<Other/>"]:
            with self.subTest(body):
                headers = {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}
                answer = send("POST", f"/{self.bucket}?delete", headers, body)
                answer.expect(400)
                self.assertRegex(answer.body, rb"<Code>(MalformedXML|MissingRequestBodyError)</Code>")

    def test_without_a_checksum(self):
        body = b"<Delete><Object><Key>k</Key></Object></Delete>"
        send("POST", f"/{self.bucket}?delete", body=body).refused(400, "InvalidRequest")
