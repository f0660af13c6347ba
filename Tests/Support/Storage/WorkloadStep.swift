/// One operation of a random workload. What it does depends on nothing but itself and the rows that it finds, so that a
/// run can be repeated without some of its steps.
package enum WorkloadStep: Sendable {
    package struct Entry: Sendable {
        package let key: WorkloadKey
        package let row: StoreModel.Row

        package init(key: WorkloadKey, row: StoreModel.Row) {
            self.key = key
            self.row = row
        }
    }

    /// One commit; no key twice, in the order of the keys' bytes.
    case put([Entry])
    /// Of a row that is there; else nothing.
    case delete(WorkloadKey)
    /// Of a row that is there; else nothing.
    case move(from: WorkloadKey, to: WorkloadKey, value: UInt8)
    case putBlob(WorkloadKey, StoreModel.Payload)
    case abortBlob
    case read(WorkloadKey)
}

/// Few enough that they collide; some long and hostile.
package struct WorkloadKey: Sendable, Equatable {
    package static let count = 150

    package let number: Int

    package init(number: Int) { self.number = number }

    package var bytes: [UInt8] {
        switch number % 5 {
        case 0: key(number) + [0x00, 0xFF, UInt8(number)]
        case 1: key("long ") + [UInt8](repeating: UInt8(number), count: 400 + number * 4)
        default: key(number)
        }
    }
}

extension WorkloadStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .put(let entries): "put " + entries.map(\.description).joined(separator: ", ")
        case .delete(let key): "delete \(key)"
        case .move(let source, let target, let value): "move \(source) to \(target), value \(value)"
        case .putBlob(let key, let payload): "put \(key), blob of \(payload.length) bytes"
        case .abortBlob: "begin a blob, and give it up"
        case .read(let key): "read \(key)"
        }
    }
}

extension WorkloadStep.Entry: CustomStringConvertible {
    package var description: String {
        "\(key), value of \(row.value.count) bytes" + (row.payload.map { ", payload of \($0.length) bytes" } ?? "")
    }
}

extension WorkloadKey: CustomStringConvertible {
    package var description: String { "key \(number)" }
}
