internal import StrongroomJournal

/// What has become of a journal's files.
struct JournalFiles {
    private(set) var all: [JournalFile]
    private(set) var isEdited = false
    /// Whether somebody has made checksums anew behind a change.
    private(set) var isForged = false

    init(_ files: [JournalFile]) { all = files }

    mutating func edit(_ input: inout FuzzInput) {
        let choice = input.byte()
        let forges = choice & 0x80 != 0
        guard !all.isEmpty else { return }
        let place = Int(input.byte()) % all.count
        isEdited = true
        isForged = isForged || forges
        switch choice % 0x80 % 9 {
        case 0: all[place].flip(&input, forges: forges)
        case 1: all[place].changeFrame(&input, forges: forges)
        case 2: all[place].changeHeader(&input, forges: forges)
        case 3:
            let other = all[Int(input.byte()) % all.count]
            all[place].copyBlock(of: other, &input, forges: forges)
        case 4: all[place].clearBlocks(&input)
        case 5: all[place].resize(&input, forges: forges)
        case 6: rename(place, &input, forges: forges)
        case 7: all[place].replaceBody(&input, forges: forges)
        default: all.remove(at: place)
        }
    }

    /// Gives a file another name, or a copy of it, as only somebody's hand does.
    private mutating func rename(_ place: Int, _ input: inout FuzzInput, forges: Bool) {
        let choice = input.byte()
        let id = input.integer(near: 1)
        var file = all[place]
        let name = Journal.segmentFileName(id: id)
        switch choice % 0x80 % 4 {
        case 0:
            file.name = name
            if forges { file.forgeID(id) }
        case 1: file.name = "spare-" + name
        case 2: file.name = "preparing-" + name
        default: file.name = name + ".aside-1"
        }
        guard !all.contains(where: { $0.name == file.name }) else { return }
        if choice & 0x80 == 0 { all.remove(at: place) }
        all.append(file)
    }
}
