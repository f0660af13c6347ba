"""boto3's STS client: temporary credentials, with a code of a second factor and without, and what S3 makes of them."""

import base64
import datetime
import hashlib
import hmac
import json
import struct
import time
import unittest

import boto3
import botocore.config

from support import MIB, S3Test, fetch, settings


def token_code(secret, step):
    """RFC 6238, as an authenticator does it."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class STSTest(S3Test):
    def sts(self, user, endpoint=None, service="sts"):
        client = boto3.client(
            service, endpoint_url=endpoint or settings["kmsEndpoint"], region_name=settings["region"],
            verify=settings["authority"], config=self.plain_config(), **self.keys_of(user),
        )
        self.addCleanup(client.close)
        return client

    def s3_client(self, user):
        client = boto3.client(
            "s3", endpoint_url=settings["endpoint"], region_name=settings["region"], verify=settings["authority"],
            config=self.plain_config(signature_version="s3v4", s3={"addressing_style": "path"}),
            **self.keys_of(user),
        )
        self.addCleanup(client.close)
        return client

    @staticmethod
    def plain_config(**options):
        return botocore.config.Config(retries={"total_max_attempts": 1}, **options)

    @staticmethod
    def keys_of(user):
        """Of a user of these tests, or of credentials that STS gave."""
        if "AccessKeyId" in user:
            return {"aws_access_key_id": user["AccessKeyId"], "aws_secret_access_key": user["SecretAccessKey"],
                    "aws_session_token": user["SessionToken"]}
        return {"aws_access_key_id": user["accessKeyID"], "aws_secret_access_key": user["secretAccessKey"]}

    def session(self, user, **options):
        return self.sts(user).get_session_token(**options)["Credentials"]


class SessionTests(STSTest):
    def test_identity(self):
        for name in ["administrator", "reader", "stranger"]:
            user = settings[name]
            for endpoint in [settings["endpoint"], settings["kmsEndpoint"]]:
                identity = self.sts(user, endpoint).get_caller_identity()
                self.assertEqual((identity["Arn"], identity["Account"]), (user["arn"], "000000000000"))
                self.assertTrue(identity["UserId"].startswith("AIDA"))
        session = self.session(settings["reader"])
        self.assertEqual(self.sts(session).get_caller_identity()["Arn"], settings["reader"]["arn"])

    def test_using_credentials(self):
        session = self.session(settings["administrator"])
        self.assertTrue(session["AccessKeyId"].startswith("ASIA"))
        left = session["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(abs(left.total_seconds() - 43_200) < 60)
        s3 = self.s3_client(session)
        s3.put_object(Bucket=self.bucket, Key="a b+ü", Body=b"body")
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="a b+ü")["Body"].read(), b"body")
        body = bytes(range(256)) * (6 * MIB // 256)
        (self.folder / "large").write_bytes(body)
        s3.upload_file(str(self.folder / "large"), self.bucket, "large")
        self.assertEqual(self.read("large"), body)
        self.assertEqual([entry["Key"] for entry in s3.list_objects_v2(Bucket=self.bucket)["Contents"]],
                         ["a b+ü", "large"])
        s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "a b+ü"}]})
        self.assertEqual(self.keys(), ["large"])

    def test_presigned_urls_and_forms(self):
        s3 = self.s3_client(self.session(settings["administrator"]))
        url = s3.generate_presigned_url("put_object", Params={"Bucket": self.bucket, "Key": "k"}, ExpiresIn=300)
        self.assertIn("X-Amz-Security-Token", url)
        fetch(url, "PUT", body=b"written").expect(200)
        url = s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "k"}, ExpiresIn=300)
        self.assertEqual(fetch(url).expect(200).body, b"written")
        fetch(url.replace("X-Amz-Security-Token=A", "X-Amz-Security-Token=B")).refused(400, "InvalidToken")
        form = s3.generate_presigned_post(self.bucket, "f", ExpiresIn=300)
        self.assertIn("x-amz-security-token", form["fields"])
        lines = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in form["fields"].items()]
        data = "".join(lines)
        data += '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbody\r\n--b--\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        fetch(form["url"], "POST", headers, data.encode()).expect(204)
        self.assertEqual(self.read("f"), b"body")
        altered = data.replace(form["fields"]["x-amz-security-token"], "x")
        fetch(form["url"], "POST", headers, altered.encode()).expect(400, 403)

    def test_they_may_do_what_the_user_may(self):
        self.put("k", b"body")
        s3 = self.s3_client(self.session(settings["reader"]))
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"body")
        with self.refused(403, "AccessDenied"):
            s3.put_object(Bucket=self.bucket, Key="k", Body=b"")
        kms = self.sts(self.session(settings["administrator"]), service="kms")
        self.assertIn("Keys", kms.list_keys())

    def test_what_is_refused(self):
        user = settings["stranger"]
        session = self.session(user, DurationSeconds=900)
        with self.refused(403, "AccessDenied"):
            self.session(session)
        # Less than 900 boto3 itself does not send.
        with self.refused(400, "ValidationError"):
            self.session(user, DurationSeconds=129_601)
        with self.refused(400, "UnsupportedOperation"):
            self.sts(user).get_federation_token(Name="somebody")
        for changes, s3_code, code in [
            ({"SessionToken": "AAAA" + session["SessionToken"][4:]}, "InvalidToken", "InvalidClientTokenId"),
            ({"SecretAccessKey": "x" * 40}, "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
            ({"AccessKeyId": "ASIA" + "A" * 16}, "InvalidToken", "InvalidClientTokenId"),
        ]:
            forged = {**session, **changes}
            with self.refused(403, code):
                self.sts(forged).get_caller_identity()
            with self.refused(400 if s3_code == "InvalidToken" else 403, s3_code):
                self.s3_client(forged).list_buckets()
        with self.refused(403, "InvalidClientTokenId"):
            self.sts({"accessKeyID": "AKIA" + "A" * 16, "secretAccessKey": "x"}).get_caller_identity()
        if not self.is_secure:
            with self.refused(400, "ValidationError"):
                self.sts(user, settings["endpoint"]).get_session_token()


class SecondFactorTests(STSTest):
    @unittest.skipIf("guarded" not in settings, "there is no user with a second factor")
    def test_a_policy_that_asks_for_one(self):
        user = settings["guarded"]
        self.put("k", b"body")
        for credentials in [user, self.session(user)]:
            with self.refused(403, "AccessDenied"):
                self.s3_client(credentials).get_object(Bucket=self.bucket, Key="k")
        code = token_code(user["secondFactor"], int(time.time()) // 30)
        session = self.session(user, SerialNumber=user["serialNumber"], TokenCode=code)
        s3 = self.s3_client(session)
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"body")
        with self.refused(403, "AccessDenied") as errors:
            self.session(user, SerialNumber=user["serialNumber"], TokenCode=code)
        self.assertIn("one time pass code", errors[0]["Error"]["Message"])
        with self.refused(403, "AccessDenied"):
            self.session(user, SerialNumber=user["serialNumber"])
        with self.refused(403, "AccessDenied"):
            self.session(settings["reader"], SerialNumber=user["serialNumber"], TokenCode="000000")


@unittest.skipIf("roles" not in settings, "there are no roles")
class RoleTests(STSTest):
    def assume(self, role, user, session="boto3", **options):
        return self.sts(user).assume_role(RoleArn=settings["roles"][role], RoleSessionName=session, **options)

    def test_assuming_a_role(self):
        self.put("k", b"body")
        answer = self.assume("named", settings["stranger"])
        arn = "arn:aws:sts::000000000000:assumed-role/named/boto3"
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], arn)
        self.assertTrue(answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA"))
        self.assertNotIn("PackedPolicySize", answer)
        session = answer["Credentials"]
        left = session["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(abs(left.total_seconds() - 3_600) < 60)
        identity = self.sts(session).get_caller_identity()
        self.assertEqual(identity["Arn"], arn)
        self.assertEqual(identity["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"])
        s3 = self.s3_client(session)
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"body")
        with self.refused(403, "AccessDenied"):
            self.s3_client(settings["stranger"]).get_object(Bucket=self.bucket, Key="k")
        self.assertIn("Keys", self.sts(session, service="kms").list_keys())
        with self.refused(403, "AccessDenied"):
            self.session(session)

    def test_who_may_not(self):
        for role, user in [("named", "administrator"), ("chained", "administrator"), ("open", "stranger")]:
            with self.refused(403, "AccessDenied"):
                self.assume(role, settings[user])
        self.assume("open", settings["administrator"])
        absent = {"RoleArn": settings["roles"]["open"] + "x", "RoleSessionName": "boto3"}
        with self.refused(403, "AccessDenied"):
            self.sts(settings["administrator"]).assume_role(**absent)

    def test_session_policies(self):
        self.put("k", b"body")
        reading = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{self.bucket}/*"}]})
        answer = self.assume("named", settings["stranger"], Policy=reading)
        self.assertTrue(0 < answer["PackedPolicySize"] < 100)
        s3 = self.s3_client(answer["Credentials"])
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"body")
        with self.refused(403, "AccessDenied"):
            s3.put_object(Bucket=self.bucket, Key="k", Body=b"")
        with self.refused(400, "MalformedPolicyDocument"):
            self.assume("named", settings["stranger"], Policy="{}")
        with self.refused(400, "PackedPolicyTooLarge"):
            # Few characters, and many bytes.
            large = json.dumps(json.loads(reading) | {"Id": "ü" * 1_000}, ensure_ascii=False)
            self.assume("named", settings["stranger"], Policy=large)

    def test_chaining(self):
        first = self.assume("named", settings["stranger"], DurationSeconds=7_200)["Credentials"]
        with self.refused(400, "ValidationError") as errors:
            self.assume("chained", first, DurationSeconds=7_200)
        self.assertIn("role chaining", errors[0]["Error"]["Message"])
        second = self.assume("chained", first, session="again")["Credentials"]
        self.assertEqual(self.sts(second).get_caller_identity()["Arn"],
                         "arn:aws:sts::000000000000:assumed-role/chained/again")
        with self.refused(400, "ValidationError"):
            self.assume("named", settings["stranger"], DurationSeconds=7_201)

    def test_external_ids(self):
        self.assume("external", settings["stranger"], ExternalId="customer/7")
        for options in [{}, {"ExternalId": "customer/8"}]:
            with self.refused(403, "AccessDenied"):
                self.assume("external", settings["stranger"], **options)

    def test_what_is_not_offered(self):
        for options in [{"Tags": [{"Key": "team", "Value": "blue"}]}, {"SourceIdentity": "somebody"},
                        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}]:
            with self.refused(400, "ValidationError"):
                self.assume("named", settings["stranger"], **options)

    def test_a_role_that_asks_for_a_second_factor(self):
        user = settings["mindful"]
        with self.refused(403, "AccessDenied"):
            self.assume("factor", user)
        code = token_code(user["secondFactor"], int(time.time()) // 30)
        factor = {"SerialNumber": user["serialNumber"], "TokenCode": code}
        session = self.assume("factor", user, **factor)["Credentials"]
        self.s3_client(session).list_buckets()
        with self.refused(403, "AccessDenied") as errors:
            self.assume("factor", user, **factor)
        self.assertIn("one time pass code", errors[0]["Error"]["Message"])
