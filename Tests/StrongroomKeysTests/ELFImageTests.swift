import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

/// The parser reads files of which nothing is trusted: it may refuse, never trap, and never miss a search path.
@Suite struct ELFImageTests {
    private func parse(_ bytes: [UInt8]) throws(ELFImage.Malformed) -> ELFImage {
        // Safe: bytes have no padding to be read.
        try ELFImage(unsafe bytes.span.bytes)
    }

    @Test func aRealModuleIsUnderstood() throws {
        let image = try parse(try TestFile.read(try ModuleBuilder.sample()))
        #expect(image.neededLibraries.contains("libc.so.6"))
        #expect(image.neededLibraries.contains { $0.hasPrefix("libcrypto.so") })
        #expect(image.searchPaths == [])
        #expect(image.indirectLoads == [])
    }

    @Test func everyTruncationIsRefusedOrUnderstoodTheSame() throws {
        let bytes = try TestFile.read(try ModuleBuilder.sample())
        let whole = try parse(bytes)
        for count in stride(from: 0, to: bytes.count, by: bytes.count < 65536 ? 7 : 97) {
            if let image = try? parse(Array(bytes.prefix(count))) { #expect(image == whole) }
        }
        for count in 0..<64 { #expect(throws: ELFImage.Malformed.self) { try parse(Array(bytes.prefix(count))) } }
    }

    @Test func mutationsNeverTrap() throws {
        let bytes = try TestFile.read(try ModuleBuilder.sample())
        var random = SplitMix64(state: 14)
        // Where the structure is: file header and program headers, and the dynamic section near the end.
        let headers = 64 + 56 * 12
        for _ in 0..<20_000 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at =
                    Bool.random(using: &random)
                    ? Int.random(in: 0..<headers, using: &random) : Int.random(in: 0..<bytes.count, using: &random)
                mutant[at] = [0, 1, 0x7F, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(
                    using: &random)!
            }
            _ = try? parse(mutant)
        }
    }

    @Test func executablesScriptsAndArchivesAreRefused() throws {
        #expect(throws: ELFImage.Malformed.self) { try parse([]) }
        #expect(throws: ELFImage.Malformed.self) { try parse(Array("#!/bin/sh\n".utf8)) }
        #expect(throws: ELFImage.Malformed.self) { try parse(Array("\u{7F}ELF".utf8)) }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
