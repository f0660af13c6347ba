"""Tags of objects and buckets by boto3."""

from support import S3Test

TAGS = [{"Key": "project", "Value": "blue moon"}, {"Key": "ünï", "Value": "日本"}, {"Key": "empty", "Value": ""}]


def ordered(tags):
    return sorted(tags, key=lambda tag: tag["Key"])


class TaggingTests(S3Test):
    def tag(self, tags, **options):
        return self.s3.put_object_tagging(Bucket=self.bucket, Key="k", Tagging={"TagSet": tags}, **options)

    def tags(self, **options):
        return ordered(self.s3.get_object_tagging(Bucket=self.bucket, Key="k", **options)["TagSet"])

    def test_tags_of_objects(self):
        self.put("k")
        self.assertEqual(self.tags(), [])
        self.assertNotIn("TagCount", self.s3.get_object(Bucket=self.bucket, Key="k"))
        self.tag(TAGS)
        self.assertEqual(self.tags(), ordered(TAGS))
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="k")["TagCount"], 3)
        self.tag(TAGS[:1])
        self.assertEqual(self.tags(), TAGS[:1])
        self.s3.delete_object_tagging(Bucket=self.bucket, Key="k")
        self.assertEqual(self.tags(), [])
        with self.refused(404, "NoSuchKey"):
            self.s3.get_object_tagging(Bucket=self.bucket, Key="absent")

    def test_tags_in_a_header(self):
        self.put("k", Tagging="project=blue%20moon&plus=a%2Bb&empty=")
        wanted = [("empty", ""), ("plus", "a+b"), ("project", "blue moon")]
        self.assertEqual([(tag["Key"], tag["Value"]) for tag in self.tags()], wanted)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", Tagging="a=1")["UploadId"]
        place = {"Bucket": self.bucket, "Key": "k", "UploadId": upload}
        part = {"PartNumber": 1, "ETag": self.s3.upload_part(PartNumber=1, Body=b"x", **place)["ETag"]}
        self.s3.complete_multipart_upload(MultipartUpload={"Parts": [part]}, **place)
        self.assertEqual(self.tags(), [{"Key": "a", "Value": "1"}])

    def test_tags_of_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        old, new = (self.put("k")["VersionId"] for _ in range(2))
        self.assertEqual(self.tag(TAGS[:1], VersionId=old)["VersionId"], old)
        self.assertEqual(self.tags(VersionId=old), TAGS[:1])
        self.assertEqual(self.tags(VersionId=new), [])

    def test_tags_that_are_refused(self):
        self.put("k")
        for tags in [
            [{"Key": str(number), "Value": ""} for number in range(11)], [{"Key": "k" * 129, "Value": ""}],
            [{"Key": "k", "Value": "v" * 257}], [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}],
            [{"Key": "aws:k", "Value": ""}],
        ]:
            with self.subTest(tags[0]["Key"]), self.refused(400, "InvalidTag", "BadRequest", "InvalidArgument"):
                self.tag(tags)
        for text in ["a=1&a=2", "&".join(f"k{number}=v" for number in range(11)), "k" * 129 + "=v"]:
            with self.subTest(text[:20]), self.refused(400, "InvalidArgument", "InvalidTag", "BadRequest"):
                self.put("refused", Tagging=text)
        self.assertEqual(self.tags(), [])
        self.assertEqual(self.keys(), ["k"])


class BucketTaggingTests(S3Test):
    def test_tags_of_buckets(self):
        with self.refused(404, "NoSuchTagSet"):
            self.s3.get_bucket_tagging(Bucket=self.bucket)
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": TAGS})
        self.assertEqual(ordered(self.s3.get_bucket_tagging(Bucket=self.bucket)["TagSet"]), ordered(TAGS))
        self.s3.delete_bucket_tagging(Bucket=self.bucket)
        with self.refused(404, "NoSuchTagSet"):
            self.s3.get_bucket_tagging(Bucket=self.bucket)

    def test_tags_of_buckets_that_are_refused(self):
        for tags in [[{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}], [{"Key": "aws:k", "Value": ""}]]:
            with self.refused(400, "InvalidTag", "MalformedXML"):
                self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})
