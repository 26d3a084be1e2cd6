import Crypto
import Domain

/// The hash of an entry of the audit log: SHA-256 of the hash before it, of the entry and of the ledger's lines that were written with
/// it. Integers stand in eight bytes, big-endian; texts and bytes with their length in four bytes before them; so two different entries
/// never have the same bytes. Lines are identified by what their accounts are, not only by number.
struct AuditHash {
    /// Stands before the first entry.
    static let origin = [UInt8](repeating: 0, count: 32)

    private var state = SHA256()
    private var buffer: [UInt8] = []

    init(after previous: [UInt8], sequence: Int64, kind: String, subject: Int64, actor: String, origin: String, at: Int64, details: String) {
        buffer.reserveCapacity(640)
        buffer += previous
        add(sequence)
        add(kind)
        add(subject)
        add(actor)
        add(origin)
        add(at)
        add(details)
    }

    /// The lines come in the order of their ids.
    /// - Parameters:
    ///   - paymentID: 0 for none, as for `reverses`: rows are numbered from 1.
    ///   - debit: the account as `bytes(of:)` gives it.
    mutating func add(
        entry id: Int64, kind: String, paymentID: Int64, debit: [UInt8], credit: [UInt8], amount: AtomicAmount, at: Int64, reverses: Int64
    ) {
        // An entry may have any number of lines.
        if buffer.count > 512 { flush() }
        add(id)
        add(kind)
        add(paymentID)
        add(debit)
        add(credit)
        add(amount.description)
        add(at)
        add(reverses)
    }

    /// 32 bytes.
    mutating func finish() -> [UInt8] {
        flush()
        return Array(state.finalize())
    }

    /// What an account is, beyond its number.
    static func bytes(of account: LedgerAccount) -> [UInt8] {
        var bytes: [UInt8] = []
        append(Int64(account.asset.network.chainID), to: &bytes)
        bytes.append(account.asset.sandbox ? 1 : 0)
        append(account.asset.address, to: &bytes)
        append(Array(account.kind.rawValue.utf8), to: &bytes)
        append(account.address, to: &bytes)
        return bytes
    }

    private mutating func flush() {
        buffer.withUnsafeBytes { state.update(bufferPointer: $0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ value: Int64) { Self.append(value, to: &buffer) }

    private mutating func add(_ bytes: [UInt8]) { Self.append(bytes, to: &buffer) }

    private mutating func add(_ text: String) {
        Self.append(length: text.utf8.count, to: &buffer)
        buffer.append(contentsOf: text.utf8)
    }

    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ part: [UInt8], to bytes: inout [UInt8]) {
        append(length: part.count, to: &bytes)
        bytes.append(contentsOf: part)
    }

    private static func append(length: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).bigEndian) { bytes.append(contentsOf: $0) }
    }
}
