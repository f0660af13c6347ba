"""Uploads in parts by boto3."""

import base64
import hashlib
import os

import boto3.s3.transfer

from support import MIB, S3Test, send

PART = 5 * MIB


class MultipartTests(S3Test):
    def begin(self, key="k", **options):
        return self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **options)["UploadId"]

    def part(self, upload, number, body, key="k", **options):
        answer = self.s3.upload_part(
            Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, **options
        )
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def complete(self, upload, parts, key="k", **options):
        return self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **options
        )

    def uploads(self, **options):
        return self.s3.list_multipart_uploads(Bucket=self.bucket, **options).get("Uploads", [])

    def test_from_the_beginning_to_the_end(self):
        bodies = [os.urandom(PART), os.urandom(PART + 7), os.urandom(11)]
        upload = self.begin(Metadata={"a": "b"}, ContentType="text/plain")
        with self.refused(404, "404"):
            self.head("k")
        parts = [self.part(upload, number, body) for number, body in enumerate(bodies, 1)]
        answer = self.complete(upload, parts)
        digests = b"".join(hashlib.md5(body).digest() for body in bodies)
        self.assertEqual(answer["ETag"], f'"{hashlib.md5(digests).hexdigest()}-3"')
        self.assertEqual((answer["Bucket"], answer["Key"]), (self.bucket, "k"))
        self.assertIn("Location", answer)
        self.assertEqual(self.read("k"), b"".join(bodies))
        head = self.head("k")
        self.assertEqual((head["ETag"], head["Metadata"]), (answer["ETag"], {"a": "b"}))
        self.assertEqual((head["ContentType"], head["ContentLength"]), ("text/plain", sum(map(len, bodies))))
        self.assertEqual(self.uploads(), [])
        body = b"".join(bodies)
        self.assertEqual(self.read("k", Range=f"bytes={PART - 3}-{PART + 3}"), body[PART - 3:PART + 4])

    def test_by_the_number_of_the_part(self):
        bodies = [os.urandom(PART + 3), os.urandom(PART), b"end"]
        upload = self.begin()
        self.complete(upload, [self.part(upload, number, body) for number, body in enumerate(bodies, 1)])
        first = 0
        for number, body in enumerate(bodies, 1):
            got = self.s3.get_object(Bucket=self.bucket, Key="k", PartNumber=number)
            self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
            self.assertEqual((got["PartsCount"], got["ContentLength"]), (3, len(body)))
            self.assertEqual(got["ContentRange"], f"bytes {first}-{first + len(body) - 1}/{sum(map(len, bodies))}")
            self.assertEqual(got["Body"].read(), body)
            self.assertEqual(self.head("k", PartNumber=number)["ContentLength"], len(body))
            first += len(body)
        with self.refused(416, "InvalidPartNumber", "InvalidRange"):
            self.read("k", PartNumber=4)
        self.put("whole")
        self.assertEqual(self.read("whole", PartNumber=1), b"body")

    def test_attributes(self):
        upload = self.begin(ChecksumAlgorithm="SHA256")
        bodies = [os.urandom(PART), b"end"]
        parts = []
        for number, body in enumerate(bodies, 1):
            answer = self.s3.upload_part(
                Bucket=self.bucket, Key="k", UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256"
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]})
        self.complete(upload, parts)
        wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        got = self.s3.get_object_attributes(Bucket=self.bucket, Key="k", ObjectAttributes=wanted)
        self.assertEqual(got["ETag"], self.head("k")["ETag"].strip('"'))
        self.assertEqual((got["ObjectSize"], got["StorageClass"]), (PART + 3, "STANDARD"))
        self.assertEqual(got["Checksum"]["ChecksumType"], "COMPOSITE")
        digests = b"".join(hashlib.sha256(body).digest() for body in bodies)
        composite = base64.b64encode(hashlib.sha256(digests).digest()).decode()
        # Unlike in every other answer, the number of parts is not appended here.
        self.assertEqual(got["Checksum"]["ChecksumSHA256"], composite)
        self.assertEqual(got["ObjectParts"]["TotalPartsCount"], 2)
        found = [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in got["ObjectParts"]["Parts"]]
        self.assertEqual(found, [(1, PART, parts[0]["ChecksumSHA256"]), (2, 3, parts[1]["ChecksumSHA256"])])
        one = self.s3.get_object_attributes(
            Bucket=self.bucket, Key="k", ObjectAttributes=["ObjectParts"], MaxParts=1, PartNumberMarker=1
        )["ObjectParts"]
        self.assertEqual([part["PartNumber"] for part in one["Parts"]], [2])
        self.assertNotIn("ETag", self.s3.get_object_attributes(
            Bucket=self.bucket, Key="k", ObjectAttributes=["ObjectSize"]
        ))

    def test_parts_are_listed(self):
        upload = self.begin(StorageClass="STANDARD_IA")
        parts = [self.part(upload, number, os.urandom(1000 + number)) for number in [1, 2, 5, 9]]
        answer = self.s3.list_parts(Bucket=self.bucket, Key="k", UploadId=upload)
        self.assertEqual([(p["PartNumber"], p["ETag"]) for p in answer["Parts"]],
                         [(p["PartNumber"], p["ETag"]) for p in parts])
        self.assertEqual([p["Size"] for p in answer["Parts"]], [1001, 1002, 1005, 1009])
        self.assertEqual((answer["StorageClass"], answer["IsTruncated"]), ("STANDARD_IA", False))
        page = self.s3.list_parts(Bucket=self.bucket, Key="k", UploadId=upload, MaxParts=3)
        self.assertEqual((page["IsTruncated"], page["NextPartNumberMarker"]), (True, 5))
        page = self.s3.list_parts(Bucket=self.bucket, Key="k", UploadId=upload, PartNumberMarker=5)
        self.assertEqual([p["PartNumber"] for p in page["Parts"]], [9])

    def test_uploads_are_listed(self):
        begun = {(key, self.begin(key)) for key in ["a", "b/1", "b/1", "b/2", "c"]}
        self.assertEqual({(u["Key"], u["UploadId"]) for u in self.uploads()}, begun)
        self.assertEqual({u["Key"] for u in self.uploads(Prefix="b/")}, {"b/1", "b/2"})
        answer = self.s3.list_multipart_uploads(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([p["Prefix"] for p in answer["CommonPrefixes"]], ["b/"])
        self.assertEqual([u["Key"] for u in answer["Uploads"]], ["a", "c"])
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, PaginationConfig={"PageSize": 2}
        )
        self.assertEqual({(u["Key"], u["UploadId"]) for page in pages for u in page["Uploads"]}, begun)

    def test_an_aborted_upload_is_gone(self):
        upload = self.begin()
        part = self.part(upload, 1, b"x")
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key="k", UploadId=upload)
        self.assertEqual((self.uploads(), self.keys()), ([], []))
        with self.refused(404, "NoSuchUpload"):
            self.part(upload, 2, b"y")
        with self.refused(404, "NoSuchUpload"):
            self.s3.list_parts(Bucket=self.bucket, Key="k", UploadId=upload)
        with self.refused(404, "NoSuchUpload"):
            self.complete(upload, [part])
        with self.refused(404, "NoSuchUpload"):
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key="k", UploadId="no upload of ours")

    def test_what_a_completion_refuses(self):
        upload = self.begin()
        first, second = self.part(upload, 1, os.urandom(PART)), self.part(upload, 2, b"end")
        with self.refused(400, "InvalidPartOrder"):
            self.complete(upload, [second, first])
        with self.refused(400, "InvalidPart"):
            self.complete(upload, [first, {**second, "ETag": first["ETag"]}])
        with self.refused(400, "InvalidPart"):
            self.complete(upload, [first, {"PartNumber": 3, "ETag": first["ETag"]}])
        with self.refused(400, "MalformedXML", "InvalidRequest"):
            self.complete(upload, [])
        with self.refused(404, "NoSuchUpload"):
            self.complete(upload, [first, second], key="other")
        send("POST", f"/{self.bucket}/k?uploadId={upload}", body=b"<nonsense").refused(400, "MalformedXML")
        self.assertEqual(self.keys(), [])
        self.complete(upload, [first, second])
        self.assertEqual(self.head("k")["ContentLength"], PART + 3)

    def test_a_small_part_that_is_not_the_last(self):
        upload = self.begin()
        parts = [self.part(upload, number, b"small") for number in [1, 2]]
        with self.refused(400, "EntityTooSmall"):
            self.complete(upload, parts)

    def test_part_numbers(self):
        upload = self.begin()
        for number in [0, 10001, -1]:
            with self.subTest(number), self.refused(400, "InvalidArgument"):
                self.part(upload, number, b"x")
        self.complete(upload, [self.part(upload, 10000, b"x")])
        self.assertEqual(self.read("k"), b"x")

    def test_a_part_that_is_sent_again_replaces(self):
        upload = self.begin()
        old = self.part(upload, 1, b"old")
        new = self.part(upload, 1, b"new")
        with self.refused(400, "InvalidPart"):
            self.complete(upload, [old])
        self.complete(upload, [new])
        self.assertEqual(self.read("k"), b"new")

    def test_parts_that_are_left_out_are_no_part_of_it(self):
        upload = self.begin()
        parts = [self.part(upload, number, body) for number, body in [(2, os.urandom(PART)), (5, b"no"), (7, b"end")]]
        self.complete(upload, [parts[0], parts[2]])
        self.assertEqual(self.head("k")["ContentLength"], PART + 3)

    def test_completing_twice_is_the_same(self):
        upload = self.begin()
        parts = [self.part(upload, 1, b"x")]
        first = self.complete(upload, parts)
        self.assertEqual(self.complete(upload, parts)["ETag"], first["ETag"])

    def test_completing_on_conditions(self):
        self.put("k", b"old")
        upload = self.begin()
        parts = [self.part(upload, 1, b"new")]
        with self.refused(412, "PreconditionFailed"):
            self.complete(upload, parts, IfNoneMatch="*")
        with self.refused(412, "PreconditionFailed"):
            self.complete(upload, parts, IfMatch='"0123456789abcdef0123456789abcdef"')
        self.assertEqual(self.read("k"), b"old")
        self.complete(upload, parts, IfMatch=self.head("k")["ETag"])
        self.assertEqual(self.read("k"), b"new")

    def test_the_size_of_the_whole_is_held_against_what_is_there(self):
        upload = self.begin()
        parts = [self.part(upload, 1, b"four")]
        with self.refused(400, "InvalidRequest"):
            self.complete(upload, parts, MpuObjectSize=5)
        self.complete(upload, parts, MpuObjectSize=4)

    def test_part_copy(self):
        body = os.urandom(PART + 1000)
        self.put("source", body)
        upload = self.begin()
        place = {"Bucket": self.bucket, "Key": "k", "UploadId": upload}
        source = {"Bucket": self.bucket, "Key": "source"}
        parts = []
        for number, options in enumerate([{"CopySourceRange": f"bytes=10-{PART + 9}"}, {}], 1):
            answer = self.s3.upload_part_copy(PartNumber=number, CopySource=source, **place, **options)
            parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
        self.complete(upload, parts)
        self.assertEqual(self.read("k"), body[10:PART + 10] + body)

    def test_part_copy_refuses(self):
        self.put("source", b"0123456789")
        place = {"Bucket": self.bucket, "Key": "k", "UploadId": self.begin(), "PartNumber": 1}
        source = {"Bucket": self.bucket, "Key": "source"}
        for text in ["bytes=0-10", "bytes=5-2", "bytes=5-", "bytes=-5", "0-5"]:
            with self.subTest(text), self.refused(400, "InvalidArgument", "InvalidRange"):
                self.s3.upload_part_copy(CopySource=source, CopySourceRange=text, **place)
        with self.refused(404, "NoSuchKey"):
            self.s3.upload_part_copy(CopySource={**source, "Key": "absent"}, **place)
        with self.refused(412, "PreconditionFailed"):
            self.s3.upload_part_copy(CopySource=source, CopySourceIfMatch='"other"', **place)

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.put("k", b"old")
        upload = self.begin()
        answer = self.complete(upload, [self.part(upload, 1, b"new")])
        self.assertEqual(self.read("k", VersionId=answer["VersionId"]), b"new")
        self.assertEqual(len(self.s3.list_object_versions(Bucket=self.bucket)["Versions"]), 2)

    def test_the_transfer_manager(self):
        source, target = self.folder / "source", self.folder / "target"
        source.write_bytes(os.urandom(33 * MIB + 5))
        config = boto3.s3.transfer.TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
        self.s3.upload_file(str(source), self.bucket, "k", Config=config)
        self.s3.download_file(self.bucket, "k", str(target), Config=config)
        self.assertEqual(target.read_bytes(), source.read_bytes())
        self.assertTrue(self.head("k")["ETag"].endswith('-5"'))
        self.s3.copy({"Bucket": self.bucket, "Key": "k"}, self.bucket, "copy", Config=config)
        self.assertEqual(self.read("copy"), source.read_bytes())
