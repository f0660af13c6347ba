internal import StrongroomSimulation
package import StrongroomStorage

/// A key of the engine's range.
package func key(_ text: String) -> [UInt8] { [0x10] + Array(text.utf8) }

package func key(_ number: Int) -> [UInt8] { key("\(number)") }

/// `count` bytes that differ from those of another seed, and from place to place.
package func payload(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var start = Int(seed) * 251
    while bytes.count < count {
        let end = min(payloadPattern.count, start + count - bytes.count)
        bytes.append(contentsOf: payloadPattern[start..<end])
        start = 0
    }
    return bytes
}

/// Of a length that no block or piece is a multiple of.
private let payloadPattern: [UInt8] = {
    var generator = SeededGenerator(seed: 0)
    return (0..<65_521).map { _ in UInt8.random(in: 0...255, using: &generator) }
}()

package let somePrelude = BlobPrelude(
    objectUID: [UInt8](repeating: 3, count: 16), partUID: [UInt8](repeating: 0, count: 16), suite: 1)

package enum TestRefusal: Error, Equatable { case exists, missing }
