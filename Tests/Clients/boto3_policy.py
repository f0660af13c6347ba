"""Who may do what, by boto3: bucket policies, blocks of public access, ownership, access lists, other users."""

import json
import unittest

from support import S3Test, fetch, settings


def statement(effect, principal, action, *resources, **more):
    names = [f"arn:aws:s3:::{resource}" for resource in resources]
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": names, **more}


class PolicyTests(S3Test):
    def setUp(self):
        super().setUp()
        self.stranger = self.client(settings["stranger"])
        self.who = {"AWS": settings["stranger"]["arn"]}

    def set_policy(self, *statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(document))

    def open_to_the_public(self):
        self.s3.delete_public_access_block(Bucket=self.bucket)

    @property
    def url(self):
        return f"{settings['endpoint']}/{self.bucket}"

    def test_policy_put_get_delete(self):
        with self.refused(404, "NoSuchBucketPolicy"):
            self.s3.get_bucket_policy(Bucket=self.bucket)
        allow = statement("Allow", self.who, "s3:GetObject", f"{self.bucket}/*")
        self.set_policy(allow)
        found = json.loads(self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        self.assertEqual(found["Statement"][0]["Effect"], "Allow")
        self.assertFalse(self.s3.get_bucket_policy_status(Bucket=self.bucket)["PolicyStatus"]["IsPublic"])
        for _ in range(2):
            answer = self.s3.delete_bucket_policy(Bucket=self.bucket)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        with self.refused(404, "NoSuchBucketPolicy"):
            self.s3.get_bucket_policy(Bucket=self.bucket)
        with self.refused(404, "NoSuchBucketPolicy"):
            self.s3.get_bucket_policy_status(Bucket=self.bucket)

    def test_policies_that_are_none(self):
        elsewhere = statement("Allow", "*", "s3:GetObject", "elsewhere/*")
        for text in [
            "no JSON", "{}", '{"Version":"2012-10-17"}', '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}',
            json.dumps({"Version": "2012-10-17", "Statement": [elsewhere]}), "[" * 2000 + "]" * 2000,
        ]:
            with self.subTest(text[:50]), self.refused(400, "MalformedPolicy"):
                self.s3.put_bucket_policy(Bucket=self.bucket, Policy=text)

    def test_somebody_else(self):
        self.put("k")
        for operation, parameters in [
            ("get_object", {"Key": "k"}), ("put_object", {"Key": "k", "Body": b""}), ("delete_object", {"Key": "k"}),
            ("list_objects_v2", {}), ("get_bucket_policy", {}), ("get_bucket_encryption", {}), ("delete_bucket", {}),
            ("get_object", {"Key": "absent"}), ("create_multipart_upload", {"Key": "k"}),
        ]:
            with self.subTest(operation), self.refused(403, "AccessDenied") as errors:
                getattr(self.stranger, operation)(Bucket=self.bucket, **parameters)
            self.assertTrue(errors[0]["Error"]["Message"])
        with self.refused(403, "403"):
            self.stranger.head_object(Bucket=self.bucket, Key="k")
        with self.refused(403, "AccessDenied"):
            self.stranger.create_bucket(Bucket=self.new_name())
        self.assertEqual(self.read("k"), b"body")

    def test_what_a_policy_allows(self):
        self.put("open/k")
        self.put("closed/k")
        self.set_policy(statement("Allow", self.who, "s3:GetObject", f"{self.bucket}/open/*"))
        got = self.stranger.get_object(Bucket=self.bucket, Key="open/k")
        self.assertEqual(got["Body"].read(), b"body")
        for operation, key in [("get_object", "closed/k"), ("delete_object", "open/k"), ("get_object", "closed/no"),
                               ("get_object", "open/no")]:
            # Who may not list learns of nothing that is not there.
            with self.subTest(key), self.refused(403, "AccessDenied"):
                getattr(self.stranger, operation)(Bucket=self.bucket, Key=key)
        self.set_policy(
            statement("Allow", self.who, "s3:GetObject", f"{self.bucket}/*"),
            statement("Allow", self.who, "s3:ListBucket", self.bucket),
        )
        with self.refused(404, "NoSuchKey"):
            self.stranger.get_object(Bucket=self.bucket, Key="open/no")
        self.assertEqual(self.stranger.list_objects_v2(Bucket=self.bucket)["KeyCount"], 2)

    def test_a_denial_wins(self):
        self.put("k")
        self.set_policy(
            statement("Allow", self.who, "s3:*", self.bucket, f"{self.bucket}/*"),
            statement("Deny", self.who, "s3:DeleteObject", f"{self.bucket}/*"),
        )
        self.stranger.put_object(Bucket=self.bucket, Key="k", Body=b"new")
        with self.refused(403, "AccessDenied"):
            self.stranger.delete_object(Bucket=self.bucket, Key="k")
        answer = self.stranger.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "k"}]})
        self.assertEqual([error["Code"] for error in answer["Errors"]], ["AccessDenied"])
        self.assertEqual(self.read("k"), b"new")

    def test_only_over_https(self):
        self.put("k")
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        self.set_policy(
            statement("Deny", "*", "s3:GetObject", f"{self.bucket}/*", Condition=insecure),
        )
        if self.is_secure:
            self.assertEqual(self.read("k"), b"body")
            return
        with self.refused(403, "AccessDenied"):
            self.read("k")
        # Reading is denied, and so is what reads in order to copy.
        with self.refused(403, "AccessDenied"):
            self.s3.copy_object(Bucket=self.bucket, Key="c", CopySource={"Bucket": self.bucket, "Key": "k"})
        self.s3.delete_bucket_policy(Bucket=self.bucket)
        self.assertEqual(self.read("k"), b"body")

    def test_a_prefix_of_a_listing(self):
        self.put("open/k")
        condition = {"StringLike": {"s3:prefix": "open/*"}}
        self.set_policy(statement("Allow", self.who, "s3:ListBucket", self.bucket, Condition=condition))
        self.assertEqual(self.stranger.list_objects_v2(Bucket=self.bucket, Prefix="open/")["KeyCount"], 1)
        for options in [{}, {"Prefix": "closed/"}]:
            with self.refused(403, "AccessDenied"):
                self.stranger.list_objects_v2(Bucket=self.bucket, **options)

    def test_encryption_is_demanded(self):
        wrong = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
        self.set_policy(statement("Deny", "*", "s3:PutObject", f"{self.bucket}/*", Condition=wrong))
        with self.refused(403, "AccessDenied"):
            self.put("k")
        self.put("k", ServerSideEncryption="AES256")

    def test_the_public(self):
        self.put("k")
        fetch(self.url).refused(403, "AccessDenied")
        fetch(self.url + "/k").refused(403, "AccessDenied")
        fetch(self.url + "/k", "PUT", body=b"x").refused(403, "AccessDenied")
        fetch(self.url + "/k", "DELETE").refused(403, "AccessDenied")
        public = statement("Allow", "*", "s3:GetObject", f"{self.bucket}/*")
        with self.refused(403, "AccessDenied"):
            self.set_policy(public)
        self.open_to_the_public()
        self.set_policy(public)
        self.assertTrue(self.s3.get_bucket_policy_status(Bucket=self.bucket)["PolicyStatus"]["IsPublic"])
        self.assertEqual(fetch(self.url + "/k").expect(200).body, b"body")
        fetch(self.url).refused(403, "AccessDenied")
        fetch(self.url + "/k", "DELETE").refused(403, "AccessDenied")
        self.s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
        )
        fetch(self.url + "/k").refused(403, "AccessDenied")

    def test_blocks_of_public_access(self):
        found = self.s3.get_public_access_block(Bucket=self.bucket)["PublicAccessBlockConfiguration"]
        names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        self.assertEqual(found, dict.fromkeys(names, True))
        mixed = {**found, "BlockPublicPolicy": False}
        self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=mixed)
        found = self.s3.get_public_access_block(Bucket=self.bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(found, mixed)
        self.s3.delete_public_access_block(Bucket=self.bucket)
        with self.refused(404, "NoSuchPublicAccessBlockConfiguration"):
            self.s3.get_public_access_block(Bucket=self.bucket)

    def test_ownership(self):
        def rules():
            return self.s3.get_bucket_ownership_controls(Bucket=self.bucket)["OwnershipControls"]["Rules"]

        self.assertEqual(rules(), [{"ObjectOwnership": "BucketOwnerEnforced"}])
        self.s3.put_bucket_ownership_controls(
            Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        self.assertEqual(rules(), [{"ObjectOwnership": "BucketOwnerEnforced"}])
        self.s3.delete_bucket_ownership_controls(Bucket=self.bucket)
        with self.refused(404, "OwnershipControlsNotFoundError"):
            rules()

    def test_access_lists(self):
        self.put("k")
        for answer in [
            self.s3.get_bucket_acl(Bucket=self.bucket), self.s3.get_object_acl(Bucket=self.bucket, Key="k")
        ]:
            self.assertEqual([grant["Permission"] for grant in answer["Grants"]], ["FULL_CONTROL"])
            self.assertEqual(answer["Grants"][0]["Grantee"]["ID"], answer["Owner"]["ID"])
        with self.refused(404, "NoSuchKey"):
            self.s3.get_object_acl(Bucket=self.bucket, Key="absent")
        with self.refused(400, "AccessControlListNotSupported"):
            self.s3.put_object_acl(Bucket=self.bucket, Key="k", ACL="public-read")
        with self.refused(400, "AccessControlListNotSupported"):
            self.put("k", ACL="public-read")
        self.put("k", ACL="bucket-owner-full-control")


class UserPolicyTests(S3Test):
    """Of a user whose own policy allows to read and to list, and nothing else."""

    def setUp(self):
        super().setUp()
        if "reader" not in settings:
            raise unittest.SkipTest("the command line gives users no policies")
        self.reader = self.client(settings["reader"])

    def test_reading_alone(self):
        self.put("k")
        self.assertEqual(self.reader.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"body")
        self.assertEqual(self.reader.list_objects_v2(Bucket=self.bucket)["KeyCount"], 1)
        for operation in ["delete_object", "put_object", "get_object_acl"]:
            with self.subTest(operation), self.refused(403, "AccessDenied"):
                getattr(self.reader, operation)(Bucket=self.bucket, Key="k")

    def test_the_bucket_may_deny(self):
        self.put("k")
        deny = statement("Deny", {"AWS": settings["reader"]["arn"]}, "s3:GetObject", f"{self.bucket}/*")
        document = {"Version": "2012-10-17", "Statement": [deny]}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(document))
        with self.refused(403, "AccessDenied"):
            self.reader.get_object(Bucket=self.bucket, Key="k")
