@testable import Strongroom

extension Chooser {
    mutating func list() -> any Step {
        if isChosen(3), let page = knowledge.takePage() { return page }
        let limit = isChosen(2) ? ListOptions.limitMaximum : 1 + number(6)
        let prefix = ["", "", "a", "dir/", "none"][number(5)]
        let delimiter = [nil, nil, "/", "\0", "ir/"][number(5)]
        let start = isChosen(4) ? ["a", "dir", "dir/x", "z"][number(4)] : nil
        if isChosen(2) {
            return ListStep(
                bucket: bucket(),
                options: ListOptions(prefix: prefix, delimiter: delimiter, startAfter: start, limit: limit),
                presented: needlessKey())
        }
        return VersionListStep(
            bucket: bucket(),
            options: VersionListOptions(prefix: prefix, delimiter: delimiter, startAfter: start, limit: limit))
    }
}
