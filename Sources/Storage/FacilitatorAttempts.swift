public import Domain
import Foundation
import GRDB

/// How often a payment service was asked to settle a payment, and how that ended.
public struct FacilitatorAttempt: Hashable, Sendable {
    /// How one request ended, where that is certain.
    public enum Ending: String, Sendable {
        /// The request never reached the service.
        case lost
        /// The service said that it had moved nothing.
        case refused
    }

    public let paymentID: Int64
    /// The service's host.
    public let service: String
    /// When it was asked first.
    public let at: Timestamp
    public let asked: Int
    public let lost: Int
    public let refused: Int

    /// The service has seen the payment, or may have.
    public var mayHaveArrived: Bool { asked > lost }
    /// A request is without a certain answer, so that the money may have moved.
    public var isUnclear: Bool { asked > lost + refused }
}

extension Writer {
    /// Notes that a service is about to be asked to settle a payment, which is `settling` from here on.
    /// - Returns: false when the payment has ended meanwhile and must not be handed to anybody.
    public func askFacilitator(paymentID: Int64, service: String, at now: Timestamp) async throws -> Bool {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    UPDATE payments SET state = CASE state WHEN 'claimed' THEN 'settling' ELSE state END
                    WHERE id = ? AND state IN ('claimed', 'settling', 'uncertain')
                    """
            ).execute(arguments: [paymentID])
            guard db.changesCount == 1 else { return false }
            try db.cachedStatement(
                sql: """
                    INSERT INTO facilitator_attempts(payment_id, service, at, asked) VALUES (?, ?, ?, 1)
                    ON CONFLICT (payment_id, service) DO UPDATE SET asked = asked + 1
                    """
            ).execute(arguments: [paymentID, service, now.milliseconds])
            return true
        }
    }

    /// Notes how a request ended that had been counted by `askFacilitator`. One that nobody can judge is left as it is.
    public func noteFacilitator(paymentID: Int64, service: String, _ ending: FacilitatorAttempt.Ending) async throws {
        try await write { db in
            let column = ending.rawValue
            try db.execute(
                sql: "UPDATE facilitator_attempts SET \(column) = \(column) + 1 WHERE payment_id = ? AND service = ?",
                arguments: [paymentID, service])
        }
    }
}

extension Reader {
    /// Which services were asked to settle a payment, in the order in which they were first asked.
    public func facilitatorAttempts(paymentID: Int64) async throws -> [FacilitatorAttempt] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT payment_id, service, at, asked, lost, refused FROM facilitator_attempts WHERE payment_id = ? ORDER BY at, service",
                arguments: [paymentID]
            ).map {
                FacilitatorAttempt(
                    paymentID: $0[0], service: $0[1], at: Timestamp(milliseconds: $0[2]), asked: $0[3], lost: $0[4], refused: $0[5])
            }
        }
    }

    /// What was put into the hands of services on a chain since `moment`, one entry for each payment that has not failed.
    public func entrusted(network: Network, since moment: Timestamp) async throws -> [(service: String, amount: AtomicAmount, at: Timestamp)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT a.service, p.amount, a.at FROM facilitator_attempts a CROSS JOIN payments p ON p.id = a.payment_id
                    WHERE a.at > ? AND a.asked > a.lost AND p.chain_id = ? AND p.state <> 'failed'
                    """, arguments: [moment.milliseconds, Int64(network.chainID)]
            ).map { (service: $0[0], amount: try AtomicAmount(column: $0[1]), at: Timestamp(milliseconds: $0[2])) }
        }
    }
}
