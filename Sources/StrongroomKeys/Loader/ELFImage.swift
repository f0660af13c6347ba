/// What a shared object (ELF, 64-bit, little-endian) asks of the dynamic linker: enough of it to decide
/// whether loading it could pull in a file that nobody trusted.
///
/// Source: the System V gABI, chapters 4 and 5. The linker believes addresses, not file offsets, so the
/// dynamic section and its strings are found here as the linker finds them, through the load segments;
/// where the two views could differ the file is refused. The bytes are hostile until proven otherwise.
package struct ELFImage: Sendable, Equatable {
    /// Libraries that the linker would load with it (DT_NEEDED).
    package private(set) var neededLibraries: [String] = []
    /// The name under which others need it (DT_SONAME).
    package private(set) var sharedObjectName: String?
    /// Where the linker would search before its own places (DT_RPATH, DT_RUNPATH).
    package private(set) var searchPaths: [String] = []
    /// Entries by which it asks for yet other files (DT_AUDIT, DT_DEPAUDIT, DT_FILTER, DT_AUXILIARY, DT_CONFIG).
    package private(set) var indirectLoads: [String] = []

    /// No library needs nearly as many; a file that claims more is made to exhaust us.
    private static let dynamicEntryCountMax = 4096

    package struct Malformed: Error, Equatable {
        package var reason: String
    }

    package init(_ file: RawSpan) throws(Malformed) {
        try Self.checkHeader(file)
        let segments = try Self.programHeaders(file)
        let loads = segments.filter { $0.type == ProgramHeader.load }
        try Self.checkLoads(loads, fileSize: UInt64(file.byteCount))
        let dynamics = segments.filter { $0.type == ProgramHeader.dynamic }
        guard dynamics.count == 1 else { throw Malformed(reason: "it has \(dynamics.count) dynamic sections, not one") }
        let entries = try Self.dynamicEntries(file, dynamics[0], loads)

        let tables = entries.filter { $0.tag == DynamicEntry.stringTable }
        let sizes = entries.filter { $0.tag == DynamicEntry.stringTableSize }
        guard tables.count == 1, sizes.count == 1 else { throw Malformed(reason: "it has no single string table") }
        let strings = try Self.fileRange(address: tables[0].value, size: sizes[0].value, loads)
        for entry in entries {
            switch entry.tag {
            case DynamicEntry.needed: neededLibraries.append(try Self.string(file, strings, entry.value))
            case DynamicEntry.sharedObjectName: sharedObjectName = try Self.string(file, strings, entry.value)
            case DynamicEntry.runtimePath, DynamicEntry.runPath:
                searchPaths.append(try Self.string(file, strings, entry.value))
            case DynamicEntry.audit, DynamicEntry.dependencyAudit, DynamicEntry.filter, DynamicEntry.auxiliary,
                DynamicEntry.configuration:
                indirectLoads.append(try Self.string(file, strings, entry.value))
            default: break
            }
        }
    }

    private struct ProgramHeader {
        static let load: UInt32 = 1
        static let dynamic: UInt32 = 2
        static let sizeBytes = 56

        var type: UInt32
        var offset: UInt64
        var address: UInt64
        var fileSize: UInt64
        var memorySize: UInt64
    }

    private struct DynamicEntry {
        static let needed: UInt64 = 1
        static let stringTable: UInt64 = 5
        static let stringTableSize: UInt64 = 10
        static let sharedObjectName: UInt64 = 14
        static let runtimePath: UInt64 = 15
        static let runPath: UInt64 = 29
        static let configuration: UInt64 = 0x6fff_fefa
        static let dependencyAudit: UInt64 = 0x6fff_fefb
        static let audit: UInt64 = 0x6fff_fefc
        static let auxiliary: UInt64 = 0x7fff_fffd
        static let filter: UInt64 = 0x7fff_ffff
        static let sizeBytes: UInt64 = 16

        var tag: UInt64
        var value: UInt64
    }

    /// e_ident 0…15 | e_type 16 | e_machine 18 | … | e_phoff 32 | … | e_phentsize 54 | e_phnum 56
    private static func checkHeader(_ file: RawSpan) throws(Malformed) {
        guard file.byteCount >= 64, file.littleEndian(UInt32.self, at: 0) == 0x464C_457F else {
            throw Malformed(reason: "it is not an ELF file")
        }
        guard file.byte(at: 4) == 2, file.byte(at: 5) == 1, file.littleEndian(UInt16.self, at: 16) == 3 else {
            throw Malformed(reason: "it is not a 64-bit little-endian shared object")
        }
    }

    private static func programHeaders(_ file: RawSpan) throws(Malformed) -> [ProgramHeader] {
        let start = file.littleEndian(UInt64.self, at: 32)
        let entrySize = file.littleEndian(UInt16.self, at: 54)
        let count = Int(file.littleEndian(UInt16.self, at: 56))
        guard entrySize == ProgramHeader.sizeBytes, start <= UInt64(file.byteCount),
            UInt64(count * ProgramHeader.sizeBytes) <= UInt64(file.byteCount) - start
        else { throw Malformed(reason: "its program headers lie outside the file") }
        return (0..<count).map { index in
            let at = Int(start) + index * ProgramHeader.sizeBytes
            return ProgramHeader(
                type: file.littleEndian(UInt32.self, at: at), offset: file.littleEndian(UInt64.self, at: at + 8),
                address: file.littleEndian(UInt64.self, at: at + 16),
                fileSize: file.littleEndian(UInt64.self, at: at + 32),
                memorySize: file.littleEndian(UInt64.self, at: at + 40))
        }
    }

    /// Ascending, within the file, and no page of memory claimed twice: only then has an address one meaning.
    private static func checkLoads(_ loads: [ProgramHeader], fileSize: UInt64) throws(Malformed) {
        let pageSize: UInt64 = 4096
        var end: UInt64 = 0
        for load in loads {
            let (fileEnd, fileOverflow) = load.offset.addingReportingOverflow(load.fileSize)
            let (memoryEnd, memoryOverflow) = load.address.addingReportingOverflow(load.memorySize)
            guard !fileOverflow, !memoryOverflow, fileEnd <= fileSize, load.fileSize <= load.memorySize,
                load.offset % pageSize == load.address % pageSize, memoryEnd <= UInt64.max - pageSize
            else { throw Malformed(reason: "a load segment lies outside the file") }
            guard load.address - load.address % pageSize >= end else {
                throw Malformed(reason: "its load segments overlap or are out of order")
            }
            end = (memoryEnd + pageSize - 1) / pageSize * pageSize
        }
    }

    /// The file's bytes that will stand at an address.
    private static func fileRange(
        address: UInt64, size: UInt64, _ loads: [ProgramHeader]
    ) throws(Malformed) -> Range<Int> {
        for load in loads where load.address <= address && address - load.address < load.fileSize {
            let start = address - load.address
            guard size <= load.fileSize - start else { break }
            return Int(load.offset + start)..<Int(load.offset + start + size)
        }
        throw Malformed(reason: "its dynamic section points outside the loaded file")
    }

    private static func dynamicEntries(
        _ file: RawSpan, _ segment: ProgramHeader, _ loads: [ProgramHeader]
    ) throws(Malformed) -> [DynamicEntry] {
        let range = try fileRange(address: segment.address, size: segment.fileSize, loads)
        guard range.lowerBound == segment.offset else {
            throw Malformed(reason: "its dynamic section is in one place for readers and in another for the linker")
        }
        guard range.count / Int(DynamicEntry.sizeBytes) <= dynamicEntryCountMax else {
            throw Malformed(reason: "its dynamic section has too many entries")
        }
        var entries: [DynamicEntry] = []
        var at = range.lowerBound
        while range.upperBound - at >= Int(DynamicEntry.sizeBytes) {
            let entry = DynamicEntry(
                tag: file.littleEndian(UInt64.self, at: at), value: file.littleEndian(UInt64.self, at: at + 8))
            if entry.tag == 0 { return entries }
            entries.append(entry)
            at += Int(DynamicEntry.sizeBytes)
        }
        throw Malformed(reason: "its dynamic section has no end")
    }

    private static func string(_ file: RawSpan, _ table: Range<Int>, _ offset: UInt64) throws(Malformed) -> String {
        guard offset < UInt64(table.count) else { throw Malformed(reason: "a name lies outside its string table") }
        let start = table.lowerBound + Int(offset)
        var end = start
        while end < table.upperBound, file.byte(at: end) != 0 { end += 1 }
        guard end < table.upperBound else { throw Malformed(reason: "a name has no end") }
        guard let text = String(validating: file.bytes(in: start..<end), as: UTF8.self) else {
            throw Malformed(reason: "a name is not text")
        }
        return text
    }
}
