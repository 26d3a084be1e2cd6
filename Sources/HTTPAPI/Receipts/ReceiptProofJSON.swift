import Domain
import JSON
import Storage

/// The proof of a sale as receipts carry it: every part of the entry that its hash is made of, the path and the signed head. Hashes, keys
/// and signatures are hexadecimal digits, moments milliseconds since 1970.
enum ReceiptProofJSON {
    static let version: Int64 = 1

    static func write(_ proof: SaleProof) -> JSONObject {
        let (event, head) = (proof.event, proof.head.head)
        return [
            "version": .integer(version),
            "entry": [
                "sequence": .integer(event.sequence), "previous": .string(lowercaseHex(proof.previous)), "kind": .string(event.kind.rawValue),
                "subject": .integer(event.subject), "actor": .string(event.actor), "origin": .string(event.origin),
                "at": .integer(event.at.milliseconds), "details": .string(event.details.text), "lines": .array(proof.lines.map(line)),
                "hash": .string(lowercaseHex(proof.hash)),
            ],
            "path": .array(proof.path.map { .string(lowercaseHex($0)) }),
            "head": .object(self.head(proof.head, head)),
        ]
    }

    static func head(_ signed: SignedAuditHead, _ head: AuditHead) -> JSONObject {
        [
            "sequence": .integer(head.sequence), "hash": .string(lowercaseHex(head.hash)), "root": .string(lowercaseHex(head.root)),
            "at": .integer(head.at.milliseconds), "signature": .string(lowercaseHex(signed.signature)), "key": .string(lowercaseHex(signed.key)),
        ]
    }

    private static func line(_ line: LedgerEntry) -> JSONValue {
        let movement = line.movement
        var json: JSONObject = [
            "id": .integer(line.id), "kind": .string(movement.kind.rawValue), "payment": .integer(movement.paymentID ?? 0),
            "network": .string(movement.debit.asset.network.description), "asset": .string("0x" + lowercaseHex(movement.debit.asset.address)),
            "sandbox": .bool(movement.debit.asset.sandbox), "debit": account(movement.debit), "credit": account(movement.credit),
            "amount": .string(movement.amount.description), "at": .integer(line.at.milliseconds),
        ]
        if let reverses = movement.reverses { json["reverses"] = .integer(reverses) }
        return .object(json)
    }

    private static func account(_ account: LedgerAccount) -> JSONValue {
        ["kind": .string(account.kind.rawValue), "address": .string("0x" + lowercaseHex(account.address))]
    }

    /// The first part that is missing or no such thing.
    struct Unreadable: Error { let name: String }

    static func read(_ json: JSONObject) throws(Unreadable) -> SaleProof {
        guard json["version"]?.int64 == version else { throw Unreadable(name: "version") }
        guard let entry = json["entry"]?.object else { throw Unreadable(name: "entry") }
        guard let head = json["head"]?.object else { throw Unreadable(name: "head") }
        guard let kind = Event.Kind(rawValue: try text(entry, "kind", in: "entry")) else { throw Unreadable(name: "entry.kind") }
        let sequence = try number(entry, "sequence", in: "entry")
        let event = Event(
            sequence: sequence, kind: kind, subject: try number(entry, "subject", in: "entry"), actor: try text(entry, "actor", in: "entry"),
            origin: try text(entry, "origin", in: "entry"), at: Timestamp(milliseconds: try number(entry, "at", in: "entry")),
            details: EventDetails(text: try text(entry, "details", in: "entry")))
        var lines: [LedgerEntry] = []
        for line in try list(entry, "lines", in: "entry", atMost: 16) { lines.append(try read(line: line, sequence: sequence)) }
        var path: [[UInt8]] = []
        for node in try list(json, "path", in: "", atMost: 63) {
            guard let bytes = node.string.flatMap({ hexBytes($0) }), bytes.count == 32 else { throw Unreadable(name: "path") }
            path.append(bytes)
        }
        return SaleProof(
            previous: try bytes(entry, "previous", in: "entry", 32), event: event, lines: lines, hash: try bytes(entry, "hash", in: "entry", 32),
            path: path,
            head: SignedAuditHead(
                head: AuditHead(
                    sequence: try number(head, "sequence", in: "head"), hash: try bytes(head, "hash", in: "head", 32),
                    root: try bytes(head, "root", in: "head", 32), at: Timestamp(milliseconds: try number(head, "at", in: "head"))),
                signature: try bytes(head, "signature", in: "head", 64), key: try bytes(head, "key", in: "head", 32)))
    }

    private static func read(line value: JSONValue, sequence: Int64) throws(Unreadable) -> LedgerEntry {
        let place = "entry.lines"
        guard let line = value.object, let network = line["network"]?.string.flatMap({ Network(caip2: $0) }),
            let asset = address(line["asset"]), let sandbox = line["sandbox"]?.bool, let kind = line["kind"]?.string.flatMap(LedgerEntryKind.init),
            let amount = line["amount"]?.string.flatMap({ AtomicAmount(wire: $0) })
        else { throw Unreadable(name: place) }
        let ledgerAsset = LedgerAsset(network: network, address: asset, sandbox: sandbox)
        func account(_ name: String) throws(Unreadable) -> LedgerAccount {
            guard let json = line[name]?.object, let kind = json["kind"]?.string.flatMap(LedgerAccountKind.init),
                let address = address(json["address"])
            else { throw Unreadable(name: place) }
            return LedgerAccount(kind, of: ledgerAsset, address: address)
        }
        let (debit, credit) = (try account("debit"), try account("credit"))
        guard debit != credit else { throw Unreadable(name: place) }
        return LedgerEntry(
            id: try number(line, "id", in: place), sequence: sequence,
            movement: LedgerMovement(
                kind, paymentID: try number(line, "payment", in: place), debit: debit, credit: credit, amount: amount,
                reverses: line["reverses"] == nil ? nil : try number(line, "reverses", in: place)),
            at: Timestamp(milliseconds: try number(line, "at", in: place)), unit: nil)
    }

    /// 20 bytes or none.
    private static func address(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string, text.hasPrefix("0x"), let bytes = hexBytes(text.dropFirst(2)), bytes.isEmpty || bytes.count == 20 else {
            return nil
        }
        return bytes
    }

    private static func name(_ name: String, _ place: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    private static func text(_ json: JSONObject, _ name: String, in place: String) throws(Unreadable) -> String {
        guard let text = json[name]?.string else { throw Unreadable(name: Self.name(name, place)) }
        return text
    }

    private static func number(_ json: JSONObject, _ name: String, in place: String) throws(Unreadable) -> Int64 {
        // What every reader of JSON can hold; no sum of ours overflows on it.
        guard let number = json[name]?.int64, (0...9_007_199_254_740_991).contains(number) else { throw Unreadable(name: Self.name(name, place)) }
        return number
    }

    private static func bytes(_ json: JSONObject, _ name: String, in place: String, _ count: Int) throws(Unreadable) -> [UInt8] {
        guard let bytes = hexBytes(try text(json, name, in: place)), bytes.count == count else { throw Unreadable(name: Self.name(name, place)) }
        return bytes
    }

    private static func list(_ json: JSONObject, _ name: String, in place: String, atMost limit: Int) throws(Unreadable) -> [JSONValue] {
        guard let list = json[name]?.array, list.count <= limit else { throw Unreadable(name: Self.name(name, place)) }
        return list
    }
}
