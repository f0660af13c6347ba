import Strongroom

/// The code of “Object Lock”.
enum Locks {
    static func article(_ store: Store) async throws {
        let ledger = Array("1 ducat".utf8)
        // ObjectLock
        let books = try await store.createBucket("books", objectLock: true)
        try await books.setDefaultRetention(DefaultRetention(mode: .compliance, period: .years(10)))
        let entry = try await books.put("2026/11", ledger)
        do {
            try await books.delete("2026/11", version: entry.versionID)
        } catch {
            guard error.code == .accessDenied else { throw error }
            print("kept until \(String(describing: try await books.head("2026/11").retention?.until))")
        }
        // ObjectLock
        let kept = try await books.get("2026/11").collect(upTo: 1 << 20)
        precondition(kept == ledger)
    }
}
