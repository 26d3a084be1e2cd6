public import Domain
import Foundation
import GRDB

/// A key with what its secret is compared with.
public struct KeyRow: Hashable, Sendable {
    public let key: APIKey
    /// 32 bytes.
    public let hash: [UInt8]

    static let select = """
        SELECT id, prefix, hash, name, role, scopes, products, addresses, budget, budget_currency, spent, expires_at, created_by, created_at, \
        used_at, revoked_at FROM api_keys
        """

    init(_ row: Row) throws {
        let damaged = StorageError.corrupt("key \(row[0] as Int64)")
        guard let role = Role(rawValue: row[4]) else { throw damaged }
        let scopes = try Self.list(row[5], damaged) { Permission(rawValue: $0) }
        let products = try Self.list(row[6], damaged) { Int64($0) }
        let addresses = try Self.list(row[7], damaged) { AddressBlock($0) }
        var (budget, spent): (Money?, Money?) = (nil, nil)
        if let amount = row[8] as String?, let code = row[9] as String? {
            budget = try Reader.money(amount, code)
            spent = try Reader.money(row[10], code)
        }
        key = APIKey(
            id: row[0], prefix: row[1],
            terms: APIKeyTerms(
                name: row[3], role: role, scopes: scopes.map(Set.init), products: products.map(Set.init), budget: budget,
                expiresAt: Self.moment(row[11]), addresses: addresses),
            spent: spent, createdBy: row[12], createdAt: Timestamp(milliseconds: row[13]), usedAt: Self.moment(row[14]),
            revokedAt: Self.moment(row[15]))
        hash = try row.bytes(2)
    }

    private static func moment(_ column: Int64?) -> Timestamp? { column.map(Timestamp.init(column:)) }

    private static func list<Element>(_ text: String?, _ damaged: StorageError, _ read: (String) -> Element?) throws -> [Element]? {
        try text?.split(separator: ",").map { part in try read(String(part)) ?? { throw damaged }() }
    }

    /// The columns of terms, in the order of the statements that write them: name to expires_at.
    static func columns(_ terms: APIKeyTerms) -> StatementArguments {
        [
            terms.name, terms.role.rawValue, terms.scopes.map { $0.map(\.rawValue).sorted().joined(separator: ",") },
            terms.products.map { $0.sorted().map { "\($0)" }.joined(separator: ",") },
            terms.addresses.map { $0.map { "\($0)" }.joined(separator: ",") }, terms.budget?.amountText, terms.budget?.currency.code,
            terms.expiresAt?.milliseconds,
        ]
    }

    /// What a key may do, for the audit log; not its name, which may be a person's.
    static func details(of terms: APIKeyTerms) -> EventDetails {
        EventDetails(fields(terms).compactMap { name, value in value.map { (name: name, value: .text($0)) } })
    }

    /// What an edit changed, for the audit log.
    static func changes(from before: APIKeyTerms, to after: APIKeyTerms) -> EventDetails {
        var members = zip(fields(before), fields(after)).filter { $0.value != $1.value }.map {
            (name: $0.name, value: EventDetails.Value.change(from: $0.value, to: $1.value))
        }
        if before.name != after.name { members.append((name: "name", value: .changed)) }
        return EventDetails(members)
    }

    private static func fields(_ terms: APIKeyTerms) -> [(name: String, value: String?)] {
        [
            ("role", terms.role.rawValue), ("scopes", terms.scopes.map { $0.map(\.rawValue).sorted().joined(separator: ",") }),
            ("products", terms.products.map { $0.sorted().map { "\($0)" }.joined(separator: ",") }),
            ("addresses", terms.addresses.map { $0.map { "\($0)" }.joined(separator: ",") }), ("budget", terms.budget?.description),
            ("expires_at", terms.expiresAt?.iso8601),
        ]
    }
}
