import Foundation

/// Work that may take a while: says on standard error that it goes on.
enum LongRun {
    /// Says so every five seconds until `body` returns.
    static func telling<Value: Sendable>(_ what: String, _ body: () async throws -> Value) async rethrows -> Value {
        let teller = Task {
            var seconds = 0
            while true {
                do { try await Task.sleep(for: .seconds(5)) } catch { return }
                seconds += 5
                FileHandle.standardError.write(Data("\(what) … \(seconds) s\n".utf8))
            }
        }
        defer { teller.cancel() }
        return try await body()
    }
}
