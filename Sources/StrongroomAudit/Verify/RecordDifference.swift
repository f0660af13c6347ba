/// What became of records that were signed: the hashes that were signed beside those that are found.
enum RecordDifference {
    /// Names what differs, as precisely as it can be told. A nil stands for a record that cannot be read.
    ///
    /// - Parameter base: the index of the first record.
    static func findings(signed: [MerkleHash], found: [MerkleHash?], base: UInt64) -> [AuditFinding] {
        let shorter = min(signed.count, found.count)
        let prefix = (0..<shorter).prefix { signed[$0] == found[$0] }.count
        let suffix = (0..<shorter - prefix).prefix {
            signed[signed.count - 1 - $0] == found[found.count - 1 - $0]
        }.count
        let signedMiddle = Array(signed[prefix..<signed.count - suffix])
        let foundMiddle = Array(found[prefix..<found.count - suffix])
        let start = base + UInt64(prefix)
        let range = start..<start + UInt64(signedMiddle.count)
        if signedMiddle.isEmpty, foundMiddle.isEmpty { return [] }
        if signedMiddle.count == foundMiddle.count {
            return ofSameLength(signedMiddle, foundMiddle, range)
        }
        if let places = places(of: foundMiddle.map { $0 }, in: signedMiddle.map { $0 }) {
            return runs(places, start).map {
                finding(.missing, $0, "\(name($0)) signed and not there any more")
            }
        }
        if let places = places(of: signedMiddle.map { $0 }, in: foundMiddle) {
            return runs(places, start).map {
                finding(.inserted, $0, "\(name($0)) there and never signed: put in before record \($0.lowerBound)")
            }
        }
        return [
            finding(
                .altered, range,
                "\(foundMiddle.count) records stand where records \(start)..<\(range.upperBound) were signed")
        ]
    }

    private static func ofSameLength(
        _ signed: [MerkleHash], _ found: [MerkleHash?], _ range: Range<UInt64>
    ) -> [AuditFinding] {
        if !found.contains(nil), Set(signed) == Set(found.compactMap { $0 }) {
            return [
                finding(
                    .reordered, range,
                    "records \(range.lowerBound)..<\(range.upperBound) are those that were signed, in another order")
            ]
        }
        return signed.indices.filter { signed[$0] != found[$0] }.map { place in
            let index = range.lowerBound + UInt64(place)
            let what = found[place] == nil ? "cannot be read any more" : "is not the one that was signed"
            return finding(.altered, index..<index + 1, "record \(index) \(what)")
        }
    }

    /// Where in `longer` those stand that `shorter` lacks, if it lacks something and has nothing else.
    private static func places(of shorter: [MerkleHash?], in longer: [MerkleHash?]) -> [Int]? {
        var lacking: [Int] = []
        var next = shorter.startIndex
        for (place, hash) in longer.enumerated() {
            if next < shorter.endIndex, hash != nil, shorter[next] == hash { next += 1 } else { lacking.append(place) }
        }
        return next == shorter.endIndex ? lacking : nil
    }

    private static func runs(_ places: [Int], _ base: UInt64) -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        for place in places {
            let index = base + UInt64(place)
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }

    private static func name(_ range: Range<UInt64>) -> String {
        range.count == 1
            ? "record \(range.lowerBound) is" : "records \(range.lowerBound)..<\(range.upperBound) are"
    }

    private static func finding(
        _ kind: AuditFinding.Kind, _ records: Range<UInt64>, _ message: String
    ) -> AuditFinding {
        AuditFinding(kind: kind, records: records, message: message)
    }
}
