internal import Foundation

/// What a make target sets for the tests that it runs.
package enum TestSettings {
    /// Nil where it is not set, or empty. What is no number ends the run: else it would be one with other settings than
    /// were asked for.
    package static func number(_ name: String) -> UInt64? {
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return nil }
        guard let number = UInt64(text) else { fatalError("\(name) is a number from 0 on, not '\(text)'") }
        return number
    }
}
