/// A line of the ledger as it was written: never changed, never deleted, only reversed.
public struct LedgerEntry: Hashable, Sendable {
    public let id: Int64
    /// The entry of the audit log that it was written with, and whose hash covers it.
    public let sequence: Int64
    public let movement: LedgerMovement
    public let at: Timestamp
    /// How the asset is written; nil while the shop has not been told.
    public let unit: LedgerUnit?

    public init(id: Int64, sequence: Int64, movement: LedgerMovement, at: Timestamp, unit: LedgerUnit?) {
        self.id = id
        self.sequence = sequence
        self.movement = movement
        self.at = at
        self.unit = unit
    }
}
