#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension BucketCommand {
    struct Lock: StoreCommand {
        static let configuration = CommandConfiguration(
            commandName: "object-lock",
            abstract: "Show or change whether versions can be locked, and what new objects are retained to.",
            discussion: """
                Object lock needs versioning, and stays once it is enabled. A default retention is for objects put from \
                then on that ask for none themselves; it changes no object that is there.
                """)

        @Argument(help: "The bucket.")
        var name: String
        @Flag(help: "Let versions be locked.")
        var enable = false
        @Option(help: "GOVERNANCE or COMPLIANCE: the mode of the default retention, together with --days or --years.")
        var defaultMode: RetentionModeArgument?
        @Option(help: "How many days new objects are kept.")
        var days: Int?
        @Option(help: "How many years of 365 days new objects are kept.")
        var years: Int?
        @Flag(help: "No default retention any more.")
        var deleteDefault = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if days != nil && years != nil { throw ValidationError("--days and --years exclude each other.") }
            if (defaultMode == nil) != (days == nil && years == nil) {
                throw ValidationError("A default retention is --default-mode with --days or with --years.")
            }
            // Before anything is done: enabling cannot be taken back.
            guard (1...DefaultRetention.dayCountMaximum).contains(days ?? 1),
                (1...DefaultRetention.yearCountMaximum).contains(years ?? 1)
            else {
                throw ValidationError(
                    "A default retention is for 1 to \(DefaultRetention.dayCountMaximum) days, or 1 to "
                        + "\(DefaultRetention.yearCountMaximum) years.")
            }
            if deleteDefault && defaultMode != nil {
                throw ValidationError("--delete-default and --default-mode exclude each other.")
            }
        }

        private var defaultRetention: DefaultRetention? {
            guard let defaultMode else { return nil }
            return DefaultRetention(
                mode: defaultMode.asMode, period: days.map { .days($0) } ?? .years(years ?? 0))
        }

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(name))
            if enable { try await bucket.enableObjectLock() }
            if deleteDefault || defaultMode != nil { try await bucket.setDefaultRetention(defaultRetention) }
            console.emit(BucketRecord(try await bucket.info()))
        }
    }
}
#endif
