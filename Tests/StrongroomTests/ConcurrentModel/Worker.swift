@testable import Strongroom

/// One of the tasks.
struct Worker: Sendable {
    let task: Int
    let store: Store
    let marks: Marks
    let chooser: Chooser

    func run() async -> [Event] {
        var chooser = chooser
        var events: [Event] = []
        while marks.takeStep() {
            let step = chooser.next()
            let note = WatchedMetadata.Note()
            let began = marks.next()
            let answer = await WatchedMetadata.$note.withValue(note) { await step.answer(on: store) }
            let event = Event(
                task: task, step: step, began: began, ended: marks.next(), answer: answer, commit: note.value)
            events.append(event)
            if answer.code == .closed { break }
            chooser.knowledge.learn(step, answer)
        }
        return events
    }
}
