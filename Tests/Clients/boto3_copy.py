"""Copies by boto3."""

import datetime
import os

from support import S3Test, send


class CopyTests(S3Test):
    def setUp(self):
        super().setUp()
        self.body = os.urandom(200_000)
        self.etag = self.put("source", self.body, Metadata={"a": "1"}, ContentType="text/plain")["ETag"]

    def copy(self, key="target", source="source", **options):
        place = {"Bucket": self.bucket, "Key": source}
        return self.s3.copy_object(Bucket=options.pop("Bucket", self.bucket), Key=key, CopySource=place, **options)

    def test_body_and_headers_come_along(self):
        result = self.copy()["CopyObjectResult"]
        self.assertEqual(result["ETag"], self.etag)
        self.assertIsNotNone(result["LastModified"])
        self.assertEqual(self.read("target"), self.body)
        head = self.head("target")
        self.assertEqual((head["Metadata"], head["ContentType"]), ({"a": "1"}, "text/plain"))

    def test_headers_are_replaced_when_asked_for(self):
        self.copy(Metadata={"b": "2"}, ContentType="image/png")
        head = self.head("target")
        self.assertEqual((head["Metadata"], head["ContentType"]), ({"a": "1"}, "text/plain"))
        self.copy(Metadata={"b": "2"}, ContentType="image/png", MetadataDirective="REPLACE")
        head = self.head("target")
        self.assertEqual((head["Metadata"], head["ContentType"]), ({"b": "2"}, "image/png"))
        with self.refused(400, "InvalidArgument"):
            self.copy(MetadataDirective="PERHAPS")

    def test_onto_itself(self):
        with self.refused(400, "InvalidRequest"):
            self.copy("source")
        self.copy("source", Metadata={"new": "yes"}, MetadataDirective="REPLACE")
        self.assertEqual(self.head("source")["Metadata"], {"new": "yes"})
        self.assertEqual(self.read("source"), self.body)
        self.copy("source", StorageClass="STANDARD_IA")
        self.assertEqual(self.head("source")["StorageClass"], "STANDARD_IA")

    def test_to_another_bucket(self):
        other = self.make_bucket()
        self.copy(Bucket=other)
        self.assertEqual(self.read("target", Bucket=other), self.body)

    def test_hard_names(self):
        for name in ["a b+c%25", "ünï/日本語", "a//b/../c", "?x=1&y", "%2F"]:
            with self.subTest(name):
                self.put(name, name.encode())
                self.copy("copy of " + name, name)
                self.assertEqual(self.read("copy of " + name), name.encode())

    def test_the_source_as_a_text(self):
        for text in [f"{self.bucket}/source", f"/{self.bucket}/source", f"{self.bucket}/s%6Furce"]:
            with self.subTest(text):
                send("PUT", f"/{self.bucket}/target", {"x-amz-copy-source": text}).expect(200)
                self.assertEqual(self.read("target"), self.body)
        send("PUT", f"/{self.bucket}/no", {"x-amz-copy-source": self.bucket}).refused(400, "InvalidArgument")
        self.assertNotIn("no", self.keys())

    def test_conditions(self):
        hour = datetime.timedelta(hours=1)
        modified = self.head("source")["LastModified"]
        for options in [{"CopySourceIfMatch": self.etag}, {"CopySourceIfNoneMatch": '"other"'},
                        {"CopySourceIfModifiedSince": modified - hour},
                        {"CopySourceIfUnmodifiedSince": modified + hour}]:
            with self.subTest(options):
                self.copy(**options)
        for options in [{"CopySourceIfMatch": '"other"'}, {"CopySourceIfNoneMatch": self.etag},
                        {"CopySourceIfModifiedSince": modified}, {"CopySourceIfUnmodifiedSince": modified - hour},
                        {"IfNoneMatch": "*"}, {"IfMatch": '"0123456789abcdef0123456789abcdef"'}]:
            with self.subTest(options), self.refused(412, "PreconditionFailed"):
                self.copy(**options)

    def test_what_is_not_there(self):
        with self.refused(404, "NoSuchKey"):
            self.copy(source="absent")
        with self.refused(404, "NoSuchBucket"):
            self.copy(Bucket=self.new_name())
        with self.refused(404, "NoSuchBucket"):
            self.s3.copy_object(
                Bucket=self.bucket, Key="target", CopySource={"Bucket": self.new_name(), "Key": "source"}
            )

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        old, new = (self.put("versioned", body)["VersionId"] for body in [b"old", b"new"])
        source = {"Bucket": self.bucket, "Key": "versioned", "VersionId": old}
        answer = self.s3.copy_object(Bucket=self.bucket, Key="versioned", CopySource=source)
        self.assertEqual(answer["CopySourceVersionId"], old)
        self.assertNotIn(answer["VersionId"], [old, new])
        self.assertEqual(self.read("versioned"), b"old")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="versioned")["VersionId"]
        with self.refused(404, "NoSuchKey"):
            self.copy(source="versioned")
        with self.refused(400, "InvalidRequest"):
            self.s3.copy_object(Bucket=self.bucket, Key="x", CopySource={**source, "VersionId": marker})

    def test_tags(self):
        self.s3.put_object_tagging(
            Bucket=self.bucket, Key="source", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]}
        )
        self.copy()
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="target")["TagSet"]
        self.assertEqual(tags, [{"Key": "a", "Value": "1"}])
        self.copy(Tagging="b=2", TaggingDirective="REPLACE")
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="target")["TagSet"]
        self.assertEqual(tags, [{"Key": "b", "Value": "2"}])
