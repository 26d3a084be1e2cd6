import Access
import Domain
import Logging
import ServiceLifecycle
import Storage

/// What is done now and then: uses of keys are noted every minute, the key that signs sessions
/// is renewed when it is old, and once a day what nobody needs any more is deleted.
struct Upkeep: Service {
    let access: AccessDesk
    let writer: Writer
    let now: WallClock
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var minute = 0
            while !Task.isCancelled {
                await access.keys.flush()
                if minute % (24 * 60) == 0 { await tidy() }
                if minute % 60 == 59 { await renewKeys() }
                minute += 1
                do { try await Task.sleep(for: .seconds(60)) } catch { return }
            }
        }
    }

    private func renewKeys() async {
        do { try await access.signingKeys.prepare() } catch { log.error("the key that signs sessions could not be renewed: \(error)") }
    }

    private func tidy() async {
        do {
            try await writer.forgetCallNotes(now: now())
            try await access.retention.run()
        } catch { log.error("what is over could not be deleted: \(error)") }
    }
}
