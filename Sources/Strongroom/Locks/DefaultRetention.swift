/// What a bucket with object lock retains new objects to whose puts say nothing.
public struct DefaultRetention: Sendable, Hashable {
    /// How long, from the put on.
    public enum Period: Sendable, Hashable {
        /// Days of 24 hours, 1 to 36,500.
        case days(Int)
        /// Years of 365 days, 1 to 100.
        case years(Int)
    }

    /// How firmly the objects are kept.
    public var mode: Retention.Mode
    /// How long, from the put on.
    public var period: Period

    /// A retention for `period` from a put on.
    public init(mode: Retention.Mode, period: Period) {
        self.mode = mode
        self.period = period
    }

    /// The longest period in days.
    public static let dayCountMaximum = 36_500
    /// The longest period in years.
    public static let yearCountMaximum = 100

    static let dayMilliseconds: Int64 = 24 * 60 * 60 * 1_000

    var milliseconds: Int64 {
        switch period {
        case .days(let count): Int64(count) * Self.dayMilliseconds
        case .years(let count): Int64(count) * 365 * Self.dayMilliseconds
        }
    }

    private var isInBounds: Bool {
        switch period {
        case .days(let count): (1...Self.dayCountMaximum).contains(count)
        case .years(let count): (1...Self.yearCountMaximum).contains(count)
        }
    }

    func check() throws(StoreError) {
        guard isInBounds else {
            throw StoreError(
                .invalidArgument,
                "A default retention is for 1 to \(Self.dayCountMaximum) days, or 1 to \(Self.yearCountMaximum) years.")
        }
    }

    // MARK: As rows keep it: mode u8, unit u8 (1 days, 2 years), count u16 little-endian

    var encoded: [UInt8] {
        let (unit, count): (UInt8, Int) =
            switch period {
            case .days(let count): (1, count)
            case .years(let count): (2, count)
            }
        return [mode.number, unit, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
    }

    /// Nil where the bytes are none.
    init?(decoding bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4, let mode = Retention.Mode(number: bytes[0]) else { return nil }
        let count = Int(bytes[2]) | Int(bytes[3]) << 8
        switch bytes[1] {
        case 1: self.init(mode: mode, period: .days(count))
        case 2: self.init(mode: mode, period: .years(count))
        default: return nil
        }
        guard isInBounds else { return nil }
    }
}
