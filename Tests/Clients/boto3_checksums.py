"""Checksums by boto3: sent in headers and in trailers, kept, answered, and wrong ones refused."""

import base64
import hashlib
import os
import zlib

from support import MIB, S3Test, fetch, send, settings, signed

ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


def encoded(data):
    return base64.b64encode(data).decode()


def crc32(data):
    return encoded(zlib.crc32(data).to_bytes(4, "big"))


class ChecksumTests(S3Test):
    def test_the_client_s_default(self):
        body = os.urandom(100_000)
        put = self.put("k", body)
        self.assertEqual((put["ChecksumCRC32"], put["ChecksumType"]), (crc32(body), "FULL_OBJECT"))
        head = self.head("k", ChecksumMode="ENABLED")
        self.assertEqual(head["ChecksumCRC32"], crc32(body))
        plain = send("HEAD", f"/{self.bucket}/k").expect(200)
        self.assertNotIn("x-amz-checksum-crc32", plain.headers)

    def test_every_algorithm(self):
        body = os.urandom(100_000)
        for name in ALGORITHMS:
            with self.subTest(name):
                put = self.put("k", body, ChecksumAlgorithm=name)
                head = self.head("k", ChecksumMode="ENABLED")
                self.assertEqual(head["Checksum" + name], put["Checksum" + name])
                self.assertEqual(head["ChecksumType"], "FULL_OBJECT")
                # The client checks what it gets.
                self.assertEqual(self.read("k", ChecksumMode="ENABLED"), body)
                entry = self.s3.list_objects_v2(Bucket=self.bucket)["Contents"][0]
                self.assertEqual((entry["ChecksumAlgorithm"], entry["ChecksumType"]), ([name], "FULL_OBJECT"))
                attributes = self.s3.get_object_attributes(
                    Bucket=self.bucket, Key="k", ObjectAttributes=["Checksum"]
                )["Checksum"]
                self.assertEqual(attributes["Checksum" + name], put["Checksum" + name])

    def test_known_values(self):
        body = b"123456789"
        for name, value in [
            ("CRC32", bytes.fromhex("cbf43926")), ("CRC32C", bytes.fromhex("e3069283")),
            ("CRC64NVME", bytes.fromhex("ae8b14860a799888")), ("SHA1", hashlib.sha1(body).digest()),
            ("SHA256", hashlib.sha256(body).digest()),
        ]:
            with self.subTest(name):
                put = self.put("k", body, **{"Checksum" + name: encoded(value)})
                self.assertEqual(put["Checksum" + name], encoded(value))

    def test_nothing_sent(self):
        quiet = self.client(request_checksum_calculation="when_required")
        quiet.put_object(Bucket=self.bucket, Key="k", Body=b"123456789")
        head = self.head("k", ChecksumMode="ENABLED")
        self.assertEqual(head["ChecksumCRC64NVME"], encoded(bytes.fromhex("ae8b14860a799888")))
        self.assertEqual(head["ChecksumType"], "FULL_OBJECT")

    def test_wrong_values(self):
        self.put("k", b"old")
        for name, length in [("CRC32", 4), ("CRC32C", 4), ("CRC64NVME", 8), ("SHA1", 20), ("SHA256", 32)]:
            with self.subTest(name):
                with self.refused(400, "BadDigest"):
                    self.put("k", b"new", **{"Checksum" + name: encoded(b"x" * length)})
                with self.refused(400, "InvalidRequest"):
                    self.put("k", b"new", **{"Checksum" + name: encoded(b"x" * (length - 1))})
                with self.refused(400, "InvalidRequest"):
                    self.put("k", b"new", **{"Checksum" + name: "no base64!"})
        with self.refused(400, "InvalidRequest"):
            sha1 = encoded(hashlib.sha1(b"new").digest())
            self.put("k", b"new", ChecksumCRC32=crc32(b"new"), ChecksumSHA1=sha1)
        self.assertEqual(self.read("k"), b"old")

    def test_content_md5(self):
        md5 = encoded(hashlib.md5(b"body").digest())
        self.put("k", ContentMD5=md5)
        with self.refused(400, "BadDigest"):
            self.put("k", b"other", ContentMD5=md5)
        for text in ["no base64!", encoded(b"short"), ""]:
            with self.subTest(text):
                headers = {"Content-MD5": text}
                send("PUT", f"/{self.bucket}/k", headers, b"other").refused(400, "InvalidDigest")
        self.assertEqual(self.read("k"), b"body")

    def test_the_body_is_what_was_signed(self):
        url = f"{settings['endpoint']}/{self.bucket}/k"
        headers = signed("PUT", url, body=b"signed")
        fetch(url, "PUT", headers, b"forged").refused(400, "XAmzContentSHA256Mismatch")
        self.assertEqual(self.keys(), [])

    def trailer(self, *lines, body=b"body", size=None, algorithm="crc32"):
        size = len(body) if size is None else size
        data = b"%x\r\n%s\r\n0\r\n" % (len(body), body) + "".join(line + "\r\n" for line in lines).encode() + b"\r\n"
        headers = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(size), "x-amz-trailer": f"x-amz-checksum-{algorithm}",
        }
        url = f"{settings['endpoint']}/{self.bucket}/k"
        return fetch(url, "PUT", signed("PUT", url, headers), data)

    def test_trailers(self):
        right = f"x-amz-checksum-crc32:{crc32(b'body')}"
        self.trailer(right).expect(200)
        self.assertEqual(self.read("k"), b"body")
        self.assertEqual(self.head("k", ChecksumMode="ENABLED")["ChecksumCRC32"], crc32(b"body"))
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.trailer(f"x-amz-checksum-crc32:{crc32(b'other')}").refused(400, "BadDigest")
        self.trailer().expect(400)
        self.trailer(right, right).expect(400)
        self.trailer(f"x-amz-checksum-sha256:{encoded(hashlib.sha256(b'body').digest())}").expect(400)
        self.trailer(right, size=5).expect(400)
        self.trailer(right, size=3).expect(400)
        self.assertEqual(self.keys(), [])

    def test_trailers_need_a_right_signature(self):
        url = f"{settings['endpoint']}/{self.bucket}/k"
        headers = signed("PUT", url, {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "4",
            "x-amz-trailer": "x-amz-checksum-crc32", "Content-Encoding": "aws-chunked",
        })
        body = f"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:{crc32(b'body')}\r\n\r\n".encode()
        forged = headers["Authorization"][:-1] + ("0" if headers["Authorization"][-1] != "0" else "1")
        fetch(url, "PUT", {**headers, "Authorization": forged}, body).refused(403, "SignatureDoesNotMatch")
        del headers["Authorization"]
        fetch(url, "PUT", headers, body).refused(403, "AccessDenied")
        self.assertEqual(self.keys(), [])

    def test_files_go_in_a_stream(self):
        path = self.folder / "file"
        path.write_bytes(os.urandom(3 * MIB + 1))
        for name in ALGORITHMS:
            with self.subTest(name), open(path, "rb") as file:
                self.put("k", file, ChecksumAlgorithm=name)
                self.assertEqual(self.read("k", ChecksumMode="ENABLED"), path.read_bytes())

    def upload(self, bodies, **options):
        place = {"Bucket": self.bucket, "Key": "k"}
        place["UploadId"] = self.s3.create_multipart_upload(**place, **options)["UploadId"]
        parts = []
        algorithm = options["ChecksumAlgorithm"]
        for number, body in enumerate(bodies, 1):
            answer = self.s3.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm=algorithm, **place)
            name = "Checksum" + algorithm
            parts.append({"PartNumber": number, "ETag": answer["ETag"], name: answer[name]})
        return place, parts

    def test_of_parts(self):
        bodies = [os.urandom(5 * MIB), b"end"]
        place, parts = self.upload(bodies, ChecksumAlgorithm="SHA256")
        wrong = [{**parts[0], "ChecksumSHA256": parts[1]["ChecksumSHA256"]}, parts[1]]
        with self.refused(400, "InvalidPart", "BadDigest"):
            self.s3.complete_multipart_upload(MultipartUpload={"Parts": wrong}, **place)
        answer = self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
        digests = b"".join(hashlib.sha256(body).digest() for body in bodies)
        self.assertEqual(answer["ChecksumSHA256"], encoded(hashlib.sha256(digests).digest()) + "-2")
        self.assertEqual(self.head("k", ChecksumMode="ENABLED")["ChecksumType"], "COMPOSITE")

    def test_of_the_whole(self):
        bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"end"]
        for algorithm in ["CRC32", "CRC64NVME"]:
            with self.subTest(algorithm):
                options = {"ChecksumAlgorithm": algorithm, "ChecksumType": "FULL_OBJECT"}
                place, parts = self.upload(bodies, **options)
                answer = self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
                head = self.head("k", ChecksumMode="ENABLED")
                self.assertEqual(head["ChecksumType"], "FULL_OBJECT")
                self.assertEqual(head["Checksum" + algorithm], answer["Checksum" + algorithm])
                if algorithm == "CRC32":
                    self.assertEqual(answer["ChecksumCRC32"], crc32(b"".join(bodies)))
        with self.refused(400, "InvalidRequest"):
            self.upload(bodies, ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT")

    def test_of_parts_of_another_kind(self):
        place = {"Bucket": self.bucket, "Key": "k"}
        place["UploadId"] = self.s3.create_multipart_upload(ChecksumAlgorithm="SHA256", **place)["UploadId"]
        with self.refused(400, "InvalidRequest"):
            self.s3.upload_part(PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32", **place)
