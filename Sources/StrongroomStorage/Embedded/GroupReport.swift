/// What is told of a group of commits when it has ended.
package struct GroupReport: Sendable, Equatable {
    package var times: GroupTimes
    /// Memory held by what the journal has and the catalog has not.
    package var memtableBytes: Int
    package var memtableRows: Int
}
