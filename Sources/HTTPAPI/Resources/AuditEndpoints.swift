import Domain
import Hummingbird
import JSON
import Storage

/// The audit log: who did what and when, and whether anybody has been at it.
struct AuditEndpoints: Sendable {
    let shop: Shop

    private static let mark = JSONType<String>.string(66...80, pattern: "^[1-9][0-9]{0,14}:[0-9a-fA-F]{64}$")
        .parsed("A head is an entry's number, a colon and 64 hexadecimal digits.", { AuditMark($0) }, \.description)

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/audit", id: "audit.list", summary: "List the audit log, newest first", access: .permission(.auditRead),
                parameters: [
                    .limit, .cursor, .query("kind", JSONType<Event.Kind>.choice, "Only what is of this kind."),
                    .query("actor", JSONType<String>.string(1...100), "Only what this actor did, such as `person:1`.", example: "person:1"),
                ], answers: [.page("AuditEntry", "A page of entries.")]
            ) { call in try await entries(call) },
            Endpoint(
                method: .get, path: "/audit/verify", id: "audit.verify", summary: "Check the whole audit log",
                details: """
                    Computes every hash anew, with the ledger's lines, and checks all signed heads and every stored node of the tree: some seconds for a \
                    million sales. That the end of the log was cut off shows by the head in the file `audit-head`, or by one that was kept elsewhere.
                    """, access: .permission(.auditRead),
                parameters: [.query("head", Self.mark, "What was noted of the log before, as `mark` of a head.")],
                answers: [.ok("AuditVerdict", "What was found.")]
            ) { call in
                try LedgerEndpoints.checkProducts(call)
                var verdict = try await shop.reader.verifyAudit(mark: try call.value("head", Self.mark), key: try shop.auditKey())
                // A log that is whole in itself may still have lost its end.
                if case .intact = verdict, let finding = try await shop.notary.finding() { verdict = .broken(finding) }
                return EndpointAnswer(Self.verdict.write(verdict)).response
            },
            Endpoint(
                method: .get, path: "/audit/head", id: "audit.head", summary: "Show the newest signed head of the audit log",
                details: "One is signed every ten minutes while there is something new.", access: .permission(.auditRead),
                answers: [.ok("AuditHead", "The head.")], refusals: [(.notFound, "No head has been signed yet.")]
            ) { call in
                try LedgerEndpoints.checkProducts(call)
                guard let head = try await shop.reader.auditHead() else {
                    throw Problem(.notFound, "No head of the audit log has been signed yet; the daemon signs one within ten minutes.")
                }
                return EndpointAnswer(Self.head.write(head)).response
            },
        ]
    }

    private func entries(_ call: EndpointCall) async throws -> Response {
        try LedgerEndpoints.checkProducts(call)
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: "audit")
        let page = try await shop.reader.audit(
            before: try cursor?.lastID, kind: try call.value("kind", .choice), actor: try call.value("actor", .string(1...100)), limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "audit", last: String($0.event.sequence)).text } : nil
        return EndpointAnswer(Page.json(page.map(Self.entry.write), next: next)).response
    }

    // MARK: Resources

    private static let hash = JSONType<String>.text().described(["pattern": "^[0-9a-f]{64}$"])

    static let entry = JSONResource<AuditEntry, Void>(
        "AuditEntry", draft: {},
        [
            JSONMember("sequence", .integer(), "Its number, from 1 without gaps.") { Int($0.event.sequence) },
            JSONMember("kind", .choice, "What happened.", get: \.event.kind),
            JSONMember("subject", .integer(), "The number of what it is about.") { Int($0.event.subject) },
            JSONMember("actor", .text(), "Who did it.", example: "person:1", get: \.event.actor),
            JSONMember(
                "origin", JSONType<String>.text(), "From where it was asked for: a session, or a network.",
                find: { $0.event.origin.isEmpty ? nil : $0.event.origin }),
            JSONMember("at", .moment, "When.", get: \.event.at),
            JSONMember("details", object, "What was before and what after, or what it was about.", find: { details($0.event) }),
            JSONMember("hash", hash, "SHA-256 over the hash before it, the entry and the ledger's lines that belong to it.") {
                lowercaseHex($0.hash)
            },
        ])

    private static let object = JSONType<JSONValue>(
        schema: ["type": "object"], read: { value, _, _ in value }, write: { $0 })

    /// What the log says in JSON of its own; as text, should somebody have damaged it.
    private static func details(_ event: Event) -> JSONValue? {
        guard !event.details.text.isEmpty else { return nil }
        guard let value = try? JSONValue(parsing: Array(event.details.text.utf8)), value.object != nil else {
            return ["damaged": .string(event.details.text)]
        }
        return value
    }

    static let verdict = JSONResource<AuditVerdict, Void>(
        "AuditVerdict", draft: {},
        [
            JSONMember("intact", .boolean, "Whether nothing was found.") { if case .intact = $0 { true } else { false } },
            JSONMember(
                "entries", .integer(), "How many entries were checked.",
                find: { if case .intact(let count, _, _, _) = $0 { Int(count) } else { nil } }),
            JSONMember(
                "mark", JSONType<String>.text(), "The last entry with its hash: keep it outside the shop.",
                find: { if case .intact(_, let last, _, _) = $0 { last?.description } else { nil } }),
            JSONMember(
                "heads", .integer(), "How many signed heads were checked.", find: { if case .intact(_, _, let heads, _) = $0 { heads } else { nil } }),
            JSONMember(
                "otherKeys", .integer(), "How many of them another key signed than the shop's of today.",
                find: { if case .intact(_, _, _, let others) = $0 { others } else { nil } }),
            JSONMember("finding", JSONType<String>.text(), "What is wrong, in one word.", example: "changed", find: { finding($0)?.name }),
            JSONMember(
                "place", .integer(-9_007_199_254_740_991...9_007_199_254_740_991), "At which entry.", find: { finding($0).map { Int($0.place) } }),
            JSONMember("sentence", JSONType<String>.text(), "What is wrong, in a sentence.", find: { finding($0)?.sentence }),
        ])

    private static func finding(_ verdict: AuditVerdict) -> AuditFinding? { if case .broken(let finding) = verdict { finding } else { nil } }

    static let head = JSONResource<SignedAuditHead, Void>(
        "AuditHead", draft: {},
        [
            JSONMember("sequence", .integer(), "The last entry that it covers.") { Int($0.head.sequence) },
            JSONMember("hash", hash, "That entry's hash.") { lowercaseHex($0.head.hash) },
            JSONMember("root", hash, "Root of the Merkle tree over all hashes (RFC 9162).") { lowercaseHex($0.head.root) },
            JSONMember("at", .moment, "When it was signed.", get: \.head.at),
            JSONMember("signature", JSONType<String>.text().described(["pattern": "^[0-9a-f]{128}$"]), "Ed25519 over the head.") {
                lowercaseHex($0.signature)
            },
            JSONMember("key", hash, "The public key.") { lowercaseHex($0.key) },
            JSONMember("mark", .text(), "Entry and hash in one text: keep it outside the shop.") { $0.head.mark.description },
        ])
}
