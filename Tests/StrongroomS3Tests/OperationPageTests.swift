import Foundation
import Testing

@testable import StrongroomS3Protocol

/// The page of operations is made of the code, and held against it.
@Suite("The page of operations") struct OperationPageTests {
    private static var page: String {
        var done: Set<String> = ["CopyObject", "UploadPartCopy"]
        for row in OperationTable.rows {
            if case .implemented(let operation) = row.meaning { done.insert(operation.rawValue) }
        }
        for (name, other) in RefusedOperations.otherNames where done.contains(other) { done.insert(name) }
        let lines = OperationTableTests.names.map { name in
            if done.contains(name) { return "| \(name) | done |" }
            let elsewhere = RefusedOperations.elsewhere.contains(name)
            return "| \(name) | \(elsewhere ? "of other endpoints" : "refused, 501") |"
        }
        return """
            # Operations of S3

            Made from the tables of the server, and held against them by the tests: the 116 operations of S3's service model
            (botocore 1.44.8), \(done.count) of which are done. POST of HTML forms, which the model does not have, is done, too.

            | Operation | |
            |---|---|

            """ + lines.joined(separator: "\n") + "\n"
    }

    @Test("is what the code does")
    func page() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/s3-operations.md").standardizedFileURL
        if ProcessInfo.processInfo.environment["STRONGROOM_WRITE_PAGES"] != nil {
            try Self.page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == Self.page)
    }
}
