import Testing

@testable import Strongroom

@Suite("Rows of users")
struct UserRowTests {
    private static func row(_ generator: inout SeededGenerator) -> UserRow {
        func id(_ prefix: String) -> String {
            prefix + String((0..<16).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement(using: &generator)! })
        }
        var row = UserRow(
            id: id("AIDA"), createdMilliseconds: .random(in: .min ... .max, using: &generator),
            lsn: .random(in: 0 ... .max, using: &generator), isAdministrator: .random(using: &generator))
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            row.policies["p\(UInt8.random(in: 0...255, using: &generator))"] = "ü{\(generator.next())}"
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            row.keys.append(
                .init(
                    id: id("AKIA"), createdMilliseconds: .random(in: .min ... .max, using: &generator),
                    isActive: .random(using: &generator), sealedSecret: generator.bytes(SealedRows.sealedSecretBytes)))
        }
        if Bool.random(using: &generator) {
            row.secondFactor = .init(
                createdMilliseconds: .random(in: .min ... .max, using: &generator),
                lastStep: .random(in: 0 ... .max, using: &generator),
                sealedSecret: generator.bytes(SealedRows.sealedFactorBytes))
        }
        return row
    }

    @Test("A row is read as it was written, and nothing else is taken for one", arguments: UInt64(1)...40)
    func coding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let row = Self.row(&generator)
        let bytes = row.encoded()
        #expect(try UserRow(decoding: bytes) == row)
        for _ in 0..<400 { #expect(RowProbe.isCanonical(user: generator.damaged(bytes))) }
    }

    @Test("Sizes are those of the byte map") func sizes() {
        #expect(SealedRows.secretBytes == 40 && SealedRows.sealedSecretBytes == 112)
        #expect(UserRow.Key.sizeBytes == 141)
        #expect(SealedRows.sealedFactorBytes == 92 && UserRow.SecondFactor.sizeBytes == 108)
    }
}
