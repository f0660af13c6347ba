/// What tests do again with other seeds, or for longer: all of it, but one in so many where a sanitizer makes each take
/// many times as long (`.ci/sanitize`). A test is run there as ever, and does the same in every run.
package enum Repetitions {
    private static let share = Int(max(1, TestSettings.number("STRONGROOM_REPETITION_SHARE") ?? 1))

    package static func some(of count: Int) -> Int { (count + share - 1) / share }

    package static func some<Seeds: Collection>(of seeds: Seeds) -> [Seeds.Element] {
        Array(seeds.prefix(some(of: seeds.count)))
    }

    /// Every so many, for what changes from the first to the last.
    package static func spread<Things: Collection>(over things: Things) -> [Things.Element] {
        things.enumerated().filter { $0.offset.isMultiple(of: share) }.map(\.element)
    }
}
