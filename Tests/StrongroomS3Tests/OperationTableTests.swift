import Foundation
import Testing

@testable import StrongroomS3Protocol

@Suite("Operations") struct OperationTableTests {
    /// The names of S3's service model, of botocore 1.44.8.
    static let names: [String] = {
        guard let file = Bundle.module.url(forResource: "operations", withExtension: "txt"),
            let text = try? String(contentsOf: file, encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").map(String.init)
    }()

    @Test("are all that S3 has, each done or refused by its name")
    func completeness() {
        let rows = OperationTable.rows.map(\.meaning.name)
        // What headers and documents alone tell from others.
        let others = ["CopyObject", "UploadPartCopy"]
        let known = Set(rows + others).union(RefusedOperations.otherNames.keys).union(RefusedOperations.elsewhere)
        #expect(Self.names.count == 116)
        #expect(known == Set(Self.names))
        #expect(Set(RefusedOperations.otherNames.values).isSubset(of: Set(rows)))
    }

    @Test("that are done have permissions of their own, or ask for them themselves", arguments: S3Operation.allCases)
    func permissions(_ operation: S3Operation) {
        let rule = PermissionTable.rule(operation)
        let askedLater: [S3Operation] = [
            .createBucket, .deleteObjects, .putObjectTagging, .putObjectRetention, .putObjectLegalHold,
        ]
        #expect(!rule.actions.isEmpty || askedLater.contains(operation))
        #expect(!rule.actions.contains(operation.rawValue) || PermissionTable.isListed(operation))
        #expect(rule.actions.isEmpty || !rule.versionActions.isEmpty || operation == .listBuckets)
    }

    @Test("no request fits two rows")
    func ambiguity() {
        let names = OperationTable.rows.map { "\($0.method) \($0.scope) \($0.marker ?? "-")" }
        #expect(Set(names).count == names.count)
    }

    private func operation(
        _ method: String, _ target: RequestTarget, _ query: [String], _ headers: [(name: String, value: String)] = []
    ) throws -> S3Operation {
        try OperationRouter.operation(
            method: method, target: target, query: RequestQuery(query.map { ($0, "2") }),
            headers: RequestHeaders(headers))
    }

    private func status(_ body: () throws -> S3Operation) -> Int? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? S3Error)?.status
        }
    }

    @Test("a subresource never becomes the thing itself")
    func subresources() throws {
        let bucket = RequestTarget(bucket: "b", key: nil)
        let object = RequestTarget(bucket: "b", key: "k")
        #expect(try operation("DELETE", bucket, []) == .deleteBucket)
        // Else a typing error would delete the bucket.
        #expect(status { try operation("DELETE", bucket, ["versioning"]) } == 405)
        #expect(status { try operation("DELETE", object, ["retention"]) } == 405)
        #expect(status { try operation("PUT", bucket, ["location"]) } == 405)
        #expect(status { try operation("GET", bucket, ["website"]) } == 501)
        #expect(status { try operation("GET", bucket, ["policy", "cors"]) } == 400)
        #expect(status { try operation("PATCH", object, []) } == 405)
        #expect(status { try operation("POST", object, ["select"]) } == 501)
        #expect(
            try operation("PUT", object, ["uploadId", "partNumber"], [("x-amz-copy-source", "a/b")]) == .uploadPartCopy)
        #expect(try operation("GET", bucket, ["list-type"]) == .listObjectsV2)
        #expect(try operation("GET", RequestTarget(bucket: nil, key: nil), []) == .listBuckets)
    }
}
