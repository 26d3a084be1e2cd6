import Domain
import Foundation
import JSON
import Storage

/// The newest signed head of the audit log in a file beside the database: who cuts the log's end off together with its heads has to change
/// this, too, and the signature does not let them.
struct AuditHeadFile: Sendable {
    private static let limit: Int64 = 4096
    let path: String

    init(_ directory: DataDirectory) { path = "\(directory.path)/audit-head" }

    var notebook: AuditNotary.Notebook {
        AuditNotary.Notebook(read: { try read() }, write: { try PrivateFile.write(Self.bytes($0), to: path) })
    }

    /// Nil when there is none.
    /// - Throws: `AuditNotary.Damaged` when it is no head.
    private func read() throws -> SignedAuditHead? {
        guard let status = FileStatus(at: path) else { return nil }
        guard status.isRegularFile, status.length <= Self.limit, let bytes = FileManager.default.contents(atPath: path),
            let json = try? JSONValue(parsing: Array(bytes)),  // told as damage
            let sequence = json["sequence"]?.int64, sequence > 0, let at = json["at"]?.int64, let hash = Self.bytes(json["hash"], 32),
            let root = Self.bytes(json["root"], 32), let signature = Self.bytes(json["signature"], 64), let key = Self.bytes(json["key"], 32)
        else { throw AuditNotary.Damaged() }
        return SignedAuditHead(
            head: AuditHead(sequence: sequence, hash: hash, root: root, at: Timestamp(milliseconds: at)), signature: signature, key: key)
    }

    private static func bytes(_ value: JSONValue?, _ count: Int) -> [UInt8]? {
        value?.string.flatMap { hexBytes($0) }.flatMap { $0.count == count ? $0 : nil }
    }

    private static func bytes(_ signed: SignedAuditHead) -> [UInt8] {
        let head = signed.head
        let json: JSONValue = [
            "sequence": .integer(head.sequence), "hash": .string(lowercaseHex(head.hash)), "root": .string(lowercaseHex(head.root)),
            "at": .integer(head.at.milliseconds), "signature": .string(lowercaseHex(signed.signature)), "key": .string(lowercaseHex(signed.key)),
        ]
        return json.encoded() + [0x0A]
    }
}
