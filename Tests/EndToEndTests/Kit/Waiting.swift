import Foundation
import Synchronization

/// Runs what blocks on a thread of its own, so that it holds up nobody else.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

struct TookTooLong: Error, CustomStringConvertible {
    let description: String
}

/// Asks again every few milliseconds until there is an answer.
/// - Throws: `TookTooLong` when there is none in time.
@discardableResult
func eventually<Value>(_ what: String, within limit: Duration = .seconds(15), _ body: () async throws -> Value?) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await body() { return value }
        guard ContinuousClock.now < end else { throw TookTooLong(description: "\(what): not within \(limit)") }
        try await Task.sleep(for: .milliseconds(15))
    }
}

@discardableResult
func eventually(_ what: String, within limit: Duration = .seconds(15), _ condition: () async throws -> Bool) async throws -> Bool {
    try await eventually(what, within: limit) { try await condition() ? true : nil }
}

/// How many scenarios run at a time: more than there are processors, as most of a scenario is waiting.
enum Slots {
    private struct State {
        var free = 4
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let state = Mutex(State())

    static func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    static func giveBack() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
