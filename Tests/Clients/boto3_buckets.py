"""Buckets by boto3: made, found, listed, removed; their names."""

from support import S3Test, send, settings


class BucketTests(S3Test):
    def test_a_new_bucket_is_there(self):
        answer = self.s3.head_bucket(Bucket=self.bucket)
        self.assertEqual(answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"], settings["region"])
        buckets = {bucket["Name"]: bucket for bucket in self.s3.list_buckets()["Buckets"]}
        self.assertIn(self.bucket, buckets)
        self.assertIsNotNone(buckets[self.bucket]["CreationDate"].tzinfo)

    def test_creation_answers_with_the_place(self):
        name = self.new_name()
        self.assertEqual(self.s3.create_bucket(Bucket=name)["Location"], "/" + name)

    def test_location_of_the_first_region_is_empty(self):
        self.assertIsNone(self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"])

    def test_another_region_is_refused(self):
        with self.refused(400, "IllegalLocationConstraintException", "InvalidLocationConstraint"):
            self.s3.create_bucket(
                Bucket=self.new_name(), CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
            )

    def test_a_deleted_bucket_is_gone(self):
        self.assertEqual(self.s3.delete_bucket(Bucket=self.bucket)["ResponseMetadata"]["HTTPStatusCode"], 204)
        with self.refused(404, "404"):
            self.s3.head_bucket(Bucket=self.bucket)
        with self.refused(404, "NoSuchBucket"):
            self.s3.delete_bucket(Bucket=self.bucket)
        self.assertNotIn(self.bucket, [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])
        self.s3.create_bucket(Bucket=self.bucket)
        self.assertEqual(self.keys(), [])

    def test_a_bucket_with_objects_is_not_deleted(self):
        self.put("k")
        with self.refused(409, "BucketNotEmpty"):
            self.s3.delete_bucket(Bucket=self.bucket)
        self.assertEqual(self.read("k"), b"body")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.s3.delete_bucket(Bucket=self.bucket)

    def test_a_bucket_with_old_versions_is_not_deleted(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.put("k")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        with self.refused(409, "BucketNotEmpty"):
            self.s3.delete_bucket(Bucket=self.bucket)

    def test_a_bucket_is_made_once(self):
        with self.refused(409, "BucketAlreadyOwnedByYou"):
            self.s3.create_bucket(Bucket=self.bucket)

    def test_names(self):
        for name in ["Upper-Case", "under_score", "ab", "-dash", "dash-", ".dot", "a..b", "192.168.5.4", "xn--bucket",
                     "bucket-s3alias", "a" * 64]:
            with self.subTest(name), self.refused(400, "InvalidBucketName"):
                self.s3.create_bucket(Bucket=name)
        for name in [self.new_name("with.dots"), self.new_name("0")[:3], self.new_name("a" * 46)[:63]]:
            with self.subTest(name):
                self.s3.create_bucket(Bucket=name)
                self.s3.delete_bucket(Bucket=name)

    def test_list_in_pages_and_by_prefix(self):
        prefix = self.new_name("paged")
        names = [f"{prefix}-{number}" for number in range(5)]
        for name in names:
            self.s3.create_bucket(Bucket=name)
        found, token, pages = [], {}, 0
        while True:
            page = self.s3.list_buckets(MaxBuckets=2, Prefix=prefix, **token)
            found += [bucket["Name"] for bucket in page["Buckets"]]
            pages += 1
            if "ContinuationToken" not in page:
                break
            token = {"ContinuationToken": page["ContinuationToken"]}
        self.assertEqual(found, names)
        self.assertEqual(pages, 3)

    def test_malformed_configuration(self):
        for body in [b"<CreateBucketConfiguration", b"no XML", b"<Other/>"]:
            with self.subTest(body):
                send("PUT", "/" + self.new_name(), body=body).refused(400, "MalformedXML")
