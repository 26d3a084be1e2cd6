import ArgumentParser
import Domain
import Foundation
import GRDB
import HTTPAPI
import JSON
import Storage
import Testing

@testable import pushcart

/// `pushcart ledger` and `pushcart audit`, on a shop without a daemon.
@Suite struct BooksCommandTests {
    private func failure(_ run: () async throws -> Void) async throws -> CommandFailure {
        try #require(await #expect(throws: CommandFailure.self) { try await run() })
    }

    /// A shop with an entry in its log.
    private func shop() async throws -> TestDirectory {
        let directory = try TestDirectory()
        _ = try await ControlClient.with(data: directory.path) { try await $0.send(.patch, "/api/v1/settings", ["name": "Another"]) }
        return directory
    }

    @Test func `books that nobody touched end well`() async throws {
        let directory = try await shop()
        try await LedgerCommand.Check.parse(["--data", directory.path]).run()
        try await LedgerCommand.List.parse(["--data", directory.path, "--kind", "sale"]).run()
        try await LedgerCommand.Balances.parse(["--data", directory.path]).run()
        try await AuditCommand.Verify.parse(["--data", directory.path]).run()
        try await AuditCommand.List.parse(["--data", directory.path, "--kind", "settings.edited", "--actor", "local:0"]).run()
    }

    @Test func `a log that somebody touched ends with 1 and the sentence`() async throws {
        let directory = try await shop()
        try await directory.open { database, _ in
            try await database.writer.write { db in
                try db.execute(sql: "DROP TRIGGER audit_unchanged; UPDATE audit SET actor = 'x' WHERE sequence = 1")
            }
        }
        for arguments in [[], ["--json"]] {
            let said = try await failure { try await AuditCommand.Verify.parse(["--data", directory.path] + arguments).run() }
            #expect(said.exitCode == 1 && said.sentence == AuditFinding.changed(1).sentence)
        }
    }

    @Test func `a head that the log does not reach ends with 1`() async throws {
        let directory = try await shop()
        let head = "999:" + String(repeating: "ab", count: 32)
        let said = try await failure { try await AuditCommand.Verify.parse(["--data", directory.path, "--head", head]).run() }
        #expect(said.exitCode == 1 && said.sentence.contains("had reached 999"))
    }

    @Test func `a log that was cut with its heads is found by the file beside the database`() async throws {
        let directory = try await shop()
        try await directory.assemble { assembly in _ = try await assembly.shop.notary.signInTurn() }
        try await AuditCommand.Verify.parse(["--data", directory.path]).run()
        try await directory.open { database, _ in
            try await database.writer.write { db in
                try db.execute(
                    sql: "DROP TRIGGER audit_undeleted; DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit); DELETE FROM audit_heads"
                )
            }
        }
        let cut = try await failure { try await AuditCommand.Verify.parse(["--data", directory.path]).run() }
        #expect(cut.exitCode == 1 && cut.sentence.contains("was cut"))
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: "\(directory.path)/audit-head"))
        let damaged = try await failure { try await AuditCommand.Verify.parse(["--data", directory.path]).run() }
        #expect(damaged.exitCode == 1 && damaged.sentence == AuditFinding.noteDamaged.sentence)
    }

    @Test func `a ledger that does not fit ends with 1 and a sentence for each finding`() async throws {
        let directory = try await shop()
        try await directory.open { database, _ in
            try await database.writer.write { db in
                try db.execute(
                    sql: """
                        PRAGMA defer_foreign_keys = ON;
                        INSERT INTO assets(id, chain_id, address, sandbox) VALUES (1, 1, x'', 0);
                        INSERT INTO accounts(asset_id, kind, address) VALUES (1, 'wallet', x''), (1, 'payouts', x'');
                        INSERT INTO entries(id, sequence, kind, debit, credit, asset_id, amount, at) VALUES (1, 1, 'payout', 1, 2, 1, 5, 0);
                        INSERT INTO entries(id, sequence, kind, debit, credit, asset_id, amount, at, reverses)
                            VALUES (2, 1, 'reversal', 1, 2, 1, 5, 0, 1);
                        """)
            }
        }
        for arguments in [[], ["--json"]] {
            let said = try await failure { try await LedgerCommand.Check.parse(["--data", directory.path] + arguments).run() }
            #expect(said.exitCode == 1 && said.sentence == "Line 2 of the ledger takes back something else than it names.")
        }
    }

    @Test(arguments: [
        ["--kind", "gift"], ["--account", "x"], ["--payment", "1.5"],
    ])
    func `what is no filter of the ledger is wrong usage`(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try LedgerCommand.List.parse(arguments) }
    }

    @Test func `what is no filter of the log, and no head, is wrong usage`() {
        #expect(throws: (any Error).self) { try AuditCommand.List.parse(["--kind", "nothing"]) }
        #expect(throws: (any Error).self) { try AuditCommand.List.parse(["--actor", "a&b"]) }
        #expect(throws: (any Error).self) { try AuditCommand.Verify.parse(["--head", "8"]) }
    }

    // MARK: Texts

    @Test func `more findings than are told are counted`() {
        #expect(LedgerCommand.Check.findings(["count": 3, "findings": ["One.", "Two."]]) == "One.\nTwo.\nAnd 1 more.")
    }

    @Test func `an amount is told in whole units, else in the smallest, practice money marked`() {
        #expect(LedgerText.amount(["amount": "0.01", "asset": "USDC", "amountAtomic": "10000", "sandbox": true]) == "0.01 USDC (practice)")
        #expect(LedgerText.amount(["amountAtomic": "10000", "contract": "0xab", "sandbox": false]) == "10000 of 0xab")
        #expect(LedgerText.amount(["amountAtomic": "7"]) == "7 of the network's coin")
    }

    @Test func `a log with heads of another key says so`() {
        #expect(AuditCommand.Verify.text(["entries": 0]) == "The audit log is empty.")
        let text = AuditCommand.Verify.text(["entries": 8, "heads": 2, "otherKeys": 1, "mark": "8:ab"])
        #expect(text.hasSuffix("Head to keep outside the shop: 8:ab") && text.contains("1 of them were signed by another key"))
        #expect(!AuditCommand.Verify.text(["entries": 8, "heads": 2, "otherKeys": 0, "mark": "8:ab"]).contains("another key"))
    }

    @Test func `a network's coin and the asset that is paid in have names, practice money costs no fees`() throws {
        let asset = Asset(
            network: Network(chainID: 137)!, address: [UInt8](repeating: 1, count: 20), addressText: "0x01", symbol: "USDC", decimals: 6,
            currency: .usd, domainName: "USD Coin", domainVersion: "2")
        func option(sandbox: Bool) -> PaymentOption {
            PaymentOption(
                asset: asset, payTo: [UInt8](repeating: 2, count: 20), payToText: "0x02", sandbox: sandbox, networkName: "Polygon", v1Name: nil,
                explorer: nil)
        }
        #expect(
            LedgerUnits.of([option(sandbox: false)]).map(\.unit) == [
                LedgerUnit(symbol: "USDC", decimals: 6), LedgerUnit(symbol: "POL", decimals: 18),
            ])
        #expect(LedgerUnits.of([option(sandbox: true)]).map(\.asset.sandbox) == [true])
    }
}
