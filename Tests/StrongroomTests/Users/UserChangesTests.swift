import Testing

@testable import Strongroom

/// The memory of users alone. Each change of a user went through the keys of all of them, while every signed request
/// waited.
@Suite("Memory of users")
struct UserChangesTests {
    private static func row(_ ids: [String]) -> UserRow {
        var row = UserRow(id: "id", createdMilliseconds: 0, lsn: 0, isAdministrator: false)
        row.keys = ids.map { UserRow.Key(id: $0, createdMilliseconds: 0, isActive: true, sealedSecret: []) }
        return row
    }

    @Test("It tells what going through all rows would tell, after any changes", arguments: UInt64(0)..<50)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let memory = UserChanges()
        memory.learn(UserChanges.Known())
        var model: [String: [String]] = [:]
        var made: [String] = []
        for step in 0..<60 {
            let name = "user \(Int.random(in: 0..<6, using: &generator))"
            let old = model[name].map { UserChanges.Former.row(Self.row($0)) }
            if old != nil, Int.random(in: 0..<4, using: &generator) == 0 {
                model[name] = nil
                memory.note(name, nil, was: Bool.random(using: &generator) ? old : .unread)
            } else {
                var keys = model[name] ?? []
                if !keys.isEmpty, Bool.random(using: &generator) {
                    keys.remove(at: Int.random(in: 0..<keys.count, using: &generator))
                }
                if Bool.random(using: &generator) {
                    made.append("key \(step)")
                    keys.append("key \(step)")
                }
                model[name] = keys
                memory.note(name, Self.row(keys), was: old)
            }
            var owners: [String: String] = [:]
            for (name, keys) in model { for key in keys { owners[key] = name } }
            #expect(memory.known?.owners == owners && memory.known?.count == model.count)
            for key in made { #expect(memory.owner(of: key) == UserChanges.Owner(name: owners[key])) }
        }
        #expect(memory.version == 60)
    }

    @Test("What is not known is not told, and a change before that is none")
    func unknown() {
        let memory = UserChanges()
        memory.note("ada", Self.row(["key"]), was: nil)
        #expect(memory.owner(of: "key") == nil && memory.known == nil && memory.version == 1)
        memory.learn(UserChanges.Known(owners: ["key": "ada"], count: 1))
        #expect(memory.owner(of: "key") == UserChanges.Owner(name: "ada"))
        memory.forget()
        #expect(memory.owner(of: "key") == nil && memory.version == 2)
    }
}
