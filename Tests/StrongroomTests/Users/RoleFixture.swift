@testable import Strongroom

/// What tests of roles have in common.
enum RoleFixture {
    static func trust(_ principal: String = "arn:aws:iam::000000000000:user/alice") -> String {
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"#
            + #""Action":"sts:AssumeRole"}}"#
    }

    static func row(_ generator: inout SeededGenerator) -> RoleRow {
        var row = RoleRow(
            id: id("AROA", &generator), createdMilliseconds: .random(in: .min ... .max, using: &generator),
            lsn: .random(in: 0 ... .max, using: &generator),
            sessionSecondsMax: .random(in: 0 ... .max, using: &generator), trustPolicy: "ü{\(generator.next())}")
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            row.policies["p\(UInt8.random(in: 0...255, using: &generator))"] = "ü{\(generator.next())}"
        }
        return row
    }

    static func id(_ prefix: String, _ generator: inout SeededGenerator) -> String {
        prefix + String((0..<16).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement(using: &generator)! })
    }
}
