import Foundation
import Testing

@testable import StrongroomKMSKeys

/// The story: the page said that unknown operations are refused, and lacked twelve that are none.
@Suite("The page of the key service's operations") struct ControlPageTests {
    @Test("names every operation and every member")
    func page() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/StrongroomKMS/StrongroomKMS.docc/ServingAStore.md").standardizedFileURL
        let page = try String(contentsOf: file, encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        var operations = KMSBackend.operations.mapValues(\.members)
        operations.merge(KMSBackend.secretOperations.mapValues(\.members)) { first, _ in first }
        #expect(operations.count > 40)
        for (operation, members) in operations {
            #expect(rows.contains { $0.contains("`\(operation)`") }, "\(operation)")
            for member in members { #expect(page.contains("`\(member)`"), "\(operation): \(member)") }
        }
    }
}
