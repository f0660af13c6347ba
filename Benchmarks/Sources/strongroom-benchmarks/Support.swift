import Foundation
import SystemPackage

enum Directory {
    static func create(_ path: FilePath) throws {
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
    }

    /// Removes what a benchmark made. What cannot be removed is left behind and named.
    static func removeTree(_ path: FilePath) {
        do {
            try FileManager.default.removeItem(atPath: path.string)
        } catch {
            print("left behind: \(path): \(error)")
        }
    }
}

func getpidText() -> String { String(getpid()) }

func pad(_ value: Int, _ width: Int) -> String { padded(String(value), width) }

func pad(_ value: Double, _ width: Int, decimals: Int = 0) -> String {
    guard decimals > 0 else { return padded(String(Int(value.rounded())), width) }
    let scale = [1.0, 10.0, 100.0][decimals]
    let scaled = Int((value * scale).rounded())
    let fraction = String(scaled % Int(scale))
    return padded(
        "\(scaled / Int(scale)).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)", width)
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// What all threads of this process have used so far.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

/// Calls `body` with every number, `writers` of them at once.
func each(
    _ numbers: Range<Int>, writers: Int, _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
            group.addTask {
                for number in stride(from: numbers.lowerBound + writer, to: numbers.upperBound, by: writers) {
                    try await body(number)
                }
            }
        }
        try await group.waitForAll()
    }
}
