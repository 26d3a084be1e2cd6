/// An account of the ledger: one asset, one purpose and, where the purpose has several, one address.
public struct LedgerAccount: Hashable, Sendable {
    public let asset: LedgerAsset
    public let kind: LedgerAccountKind
    /// The address on the chain, 20 bytes; empty for accounts that exist in the books only.
    public let address: [UInt8]

    public init(_ kind: LedgerAccountKind, of asset: LedgerAsset, address: [UInt8] = []) {
        self.asset = asset
        self.kind = kind
        self.address = address
    }
}
