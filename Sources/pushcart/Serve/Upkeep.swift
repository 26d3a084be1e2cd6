import Access
import Domain
import Logging
import ServiceLifecycle
import Storage

/// What is done now and then: uses of keys are noted and calls of APIs looked after every minute, the audit log's state is signed every ten, the key that signs sessions
/// is renewed when it is old, and once a day what nobody needs any more is deleted.
struct Upkeep: Service {
    let access: AccessDesk
    let database: ShopDatabase
    /// How people write the assets in which the shop is paid.
    let units: [(asset: LedgerAsset, unit: LedgerUnit)]
    let notary: AuditNotary
    /// Looks after what calls of APIs left.
    let calls: @Sendable () async throws -> Void
    let now: WallClock
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var minute = 0
            await lookAtLog()
            await nameAssets()
            while !Task.isCancelled {
                await access.keys.flush()
                await tidyCalls()
                if minute % 10 == 0 { await sign() }
                if minute % (24 * 60) == 0 { await tidy() }
                if minute % 60 == 59 { await renewKeys() }
                minute += 1
                do { try await Task.sleep(for: .seconds(60)) } catch { break }
            }
        }
        await sign()
    }

    private func nameAssets() async {
        do { try await database.writer.name(units) } catch { log.error("the ledger's assets could not be named: \(error)") }
    }

    /// Whether the log still reaches where it stood when it was signed last. The shop opens all the same: buyers are not to blame.
    private func lookAtLog() async {
        do {
            guard let finding = try await notary.finding() else { return }
            log.critical(
                """
                \(finding.sentence) Run “pushcart audit verify”; if a backup was restored on purpose, delete the file audit-head in the data \
                directory.
                """)
        } catch { log.error("the noted head of the audit log cannot be compared: \(error)") }
    }

    /// The head goes into the log of the machine as well: who changes the shop's file has to change that, too.
    private func sign() async {
        do {
            guard let signed = try await notary.signInTurn() else { return }
            log.notice("audit head \(signed.head.mark)")
        } catch { log.error("the audit log could not be signed; run “pushcart audit verify”: \(error)") }
    }

    private func renewKeys() async {
        do { try await access.signingKeys.prepare() } catch { log.error("the key that signs sessions could not be renewed: \(error)") }
    }

    private func tidyCalls() async {
        do { try await calls() } catch { log.error("calls could not be looked through: \(error)") }
    }

    private func tidy() async {
        do {
            try await database.writer.forgetCallNotes(now: now())
            try await access.retention.run()
        } catch { log.error("what is over could not be deleted: \(error)") }
    }
}
