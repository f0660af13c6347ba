package import StrongroomSystem

/// Images of the catalog as they are written and read: for fuzzers, which hand in any bytes.
package enum ImageProbe {
    package typealias Row = (key: [UInt8], value: [UInt8])

    /// What came of reading an image to its end, or to where it is damaged.
    package struct Reading {
        /// All that were handed out.
        package var rows: [Row] = []
        package var blockCount = 0
        /// Nil where it was refused.
        package var summary: ImageSummary?
    }

    /// False where a name in `catalog/` is taken for an image's that would be written otherwise.
    package static func isCanonical(name: String) -> Bool {
        ImageName(name).map { $0.text.utf8.elementsEqual(name.utf8) } ?? true
    }

    /// - Parameter rows: ascending by key.
    package static func write(
        _ rows: [Row], storeID: [UInt8], appliedLSN: UInt64, to file: any StorageFile
    ) throws(StorageError) -> ImageSummary {
        var writer = try ImageWriter(file, storeID: storeID, appliedLSN: appliedLSN)
        for (key, value) in rows { try writer.add(key, value) }
        return try writer.finish()
    }

    /// - Parameter storeID: nil takes an image of any store.
    package static func read(_ file: any StorageFile, storeID: [UInt8]?) -> Reading {
        var reading = Reading()
        do throws(StorageError) {
            var reader = try ImageReader(file, storeID: storeID)
            while let rows = try reader.next() {
                reading.rows += rows
                reading.blockCount += 1
            }
            reading.summary = reader.summary
        } catch {
            return reading
        }
        return reading
    }
}
