public import Domain
import GRDB

extension Reader {
    /// How often the links of each payment were revoked, by its number; those never revoked are not in it.
    public func linkSeries() throws -> [Int64: Int64] {
        try lookUp { db in
            let rows = try Row.fetchCursor(db, sql: "SELECT payment_id, series FROM link_revocations")
            var series: [Int64: Int64] = [:]
            while let row = try rows.next() { series[row[0]] = row[1] }
            return series
        }
    }
}

extension Writer {
    /// Makes a payment's links of until now worth nothing, once more.
    /// - Returns: the series of the links from now on.
    public func revokeLinks(_ payment: Payment, actor: String, at now: Timestamp, noting note: WriteNote<Int64>? = nil) async throws -> Int64 {
        try await write(noting: note) { db in
            let series = try Int64.fetchOne(
                db,
                sql: """
                    INSERT INTO link_revocations(payment_id, series, at) VALUES (?, 1, ?)
                    ON CONFLICT (payment_id) DO UPDATE SET series = series + 1, at = excluded.at RETURNING series
                    """, arguments: [payment.id, now.milliseconds])
            guard let series else { throw StorageError.corrupt("the links of payment \(payment.id)") }
            try Self.append(
                db, .linksRevoked, subject: payment.orderID ?? 0, actor: actor,
                details: EventDetails([("payment", .number(payment.id)), ("series", .number(series))]), at: now)
            return series
        }
    }
}
