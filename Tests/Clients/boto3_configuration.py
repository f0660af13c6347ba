"""What browsers are allowed, by boto3 and by their own requests (CORS); and what the server does not have."""

from support import S3Test, fetch, send, settings

ORIGIN = "https://app.example.com"


class CORSTests(S3Test):
    RULES = [
        {"ID": "app", "AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"],
         "AllowedHeaders": ["content-*", "x-amz-date"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
    ]

    def set_rules(self, rules):
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": rules})

    def ask(self, origin=ORIGIN, method="PUT", headers=None):
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        if headers:
            asked["Access-Control-Request-Headers"] = headers
        return fetch(f"{settings['endpoint']}/{self.bucket}/k", "OPTIONS", asked)

    def test_rules(self):
        with self.refused(404, "NoSuchCORSConfiguration"):
            self.s3.get_bucket_cors(Bucket=self.bucket)
        self.set_rules(self.RULES)
        self.assertEqual(self.s3.get_bucket_cors(Bucket=self.bucket)["CORSRules"], self.RULES)
        self.s3.delete_bucket_cors(Bucket=self.bucket)
        with self.refused(404, "NoSuchCORSConfiguration"):
            self.s3.get_bucket_cors(Bucket=self.bucket)

    def test_rules_that_are_refused(self):
        with self.refused(400, "InvalidRequest"):
            self.set_rules([{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}])
        with self.refused(400, "InvalidRequest"):
            self.set_rules([{"AllowedOrigins": ["https://*.a.*"], "AllowedMethods": ["GET"]}])
        with self.refused(400, "MalformedXML"):
            self.set_rules([])

    def test_preflight(self):
        self.ask().refused(403, "AccessForbidden")
        self.set_rules(self.RULES)
        headers = self.ask(headers="Content-Type, x-amz-date").expect(200).headers
        self.assertEqual(headers["Access-Control-Allow-Origin"], ORIGIN)
        self.assertIn("PUT", headers["Access-Control-Allow-Methods"])
        self.assertEqual(headers["Access-Control-Max-Age"], "600")
        self.assertEqual(headers["Access-Control-Expose-Headers"], "ETag")
        self.assertIn("content-type", headers["Access-Control-Allow-Headers"].lower())
        self.assertIn("Origin", headers["Vary"])
        self.ask(headers="x-other").refused(403, "AccessForbidden")
        self.ask(method="DELETE").refused(403, "AccessForbidden")
        self.ask(origin="https://example.org").refused(403, "AccessForbidden")
        anybody = self.ask(origin="https://example.org", method="HEAD").expect(200).headers
        self.assertEqual(anybody["Access-Control-Allow-Origin"], "*")

    def test_preflight_that_is_none(self):
        self.set_rules(self.RULES)
        url = f"{settings['endpoint']}/{self.bucket}/k"
        fetch(url, "OPTIONS").expect(400)
        fetch(url, "OPTIONS", {"Origin": ORIGIN}).expect(400, 403)

    def test_ordinary_requests(self):
        self.put("k")
        self.set_rules(self.RULES)
        path = f"/{self.bucket}/k"
        answer = send("GET", path, {"Origin": ORIGIN}).expect(200)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], ORIGIN)
        self.assertEqual(answer.headers["Access-Control-Expose-Headers"], "ETag")
        for headers in [{}, {"Origin": "https://example.org"}]:
            answer = send("GET", path, headers).expect(200)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)


class OtherConfigurationTests(S3Test):
    """Operations that the server does not have say so, and are no success."""

    def test_what_is_not_there(self):
        for operation, parameters in [
            ("put_bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}),
            ("put_bucket_replication", {"ReplicationConfiguration": {"Role": "r", "Rules": [
                {"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::b"}}]}}),
            ("put_bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Enabled"}}),
            ("list_bucket_inventory_configurations", {}), ("list_bucket_metrics_configurations", {}),
            ("list_bucket_analytics_configurations", {}),
        ]:
            with self.subTest(operation), self.refused(501, "NotImplemented"):
                getattr(self.s3, operation)(Bucket=self.bucket, **parameters)

    def test_parameters_that_are_not_there(self):
        self.put("k")
        for method, path, body in [
            ("GET", "/k?torrent", b""), ("POST", "/k?select&select-type=2", b"<x/>"),
            ("PUT", "?intelligent-tiering&id=x", b"<x/>"),
        ]:
            with self.subTest(path):
                send(method, f"/{self.bucket}{path}", body=body).refused(501, "NotImplemented")
        self.assertEqual(self.read("k"), b"body")
