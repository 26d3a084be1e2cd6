/// The first thing that is wrong with the audit log. Entries are named by their sequence.
public enum AuditFinding: Hashable, Sendable {
    /// The entry, or a line of the ledger that belongs to it, is not as it was written.
    case changed(Int64)
    case removed(Int64)
    case inserted(Int64)
    /// Another entry stands in the place of this one.
    case reordered(Int64)
    /// A line of the ledger, named by its id, belongs to no entry in its place.
    case lineMisplaced(Int64)
    /// The log ends at `last`, before a place that it had reached.
    case cut(AuditMark, last: Int64)
    /// The log is whole in itself but says something else at that place: it was written anew.
    case rewritten(AuditMark)
    /// A stored head is not what the log says, or its signature is wrong.
    case headChanged(Int64)
    /// A node of the tree, by its level and place, is not what the entries below it make; `last` is the last of these.
    case nodeChanged(level: Int64, position: Int64, last: Int64)
    /// What was noted outside the database is damaged, or its signature is wrong.
    case noteDamaged

    /// In one word, for programs.
    public var name: String {
        switch self {
        case .changed: "changed"
        case .removed: "removed"
        case .inserted: "inserted"
        case .reordered: "reordered"
        case .lineMisplaced: "line-misplaced"
        case .cut: "cut"
        case .rewritten: "rewritten"
        case .headChanged: "head-changed"
        case .nodeChanged: "node-changed"
        case .noteDamaged: "note-damaged"
        }
    }

    /// The entry at which it shows; for a line out of place, the line.
    public var place: Int64 {
        switch self {
        case .changed(let place), .removed(let place), .inserted(let place), .reordered(let place), .lineMisplaced(let place),
            .headChanged(let place):
            place
        case .cut(let mark, _), .rewritten(let mark): mark.sequence
        case .nodeChanged(_, _, let last): last
        case .noteDamaged: 0
        }
    }

    public var sentence: String {
        switch self {
        case .changed(let sequence): "Entry \(sequence) of the audit log, or a ledger line that belongs to it, was changed."
        case .removed(let sequence): "Entry \(sequence) of the audit log was removed."
        case .inserted(let sequence): "Entry \(sequence) of the audit log was inserted later."
        case .reordered(let sequence): "From entry \(sequence) on, entries of the audit log were put into another order."
        case .lineMisplaced(let id): "Line \(id) of the ledger belongs to no entry of the audit log in its place."
        case .cut(let mark, let last): "The audit log was cut: it ends at entry \(last) but had reached \(mark.sequence)."
        case .rewritten(let mark): "The audit log was written anew: entry \(mark.sequence) has another hash than was noted."
        case .nodeChanged(let level, let position, let last):
            "Node \(position) of level \(level) of the audit log's tree, over the entries up to \(last), is not what the log says."
        case .noteDamaged: "The head that was noted beside the database, in the file audit-head, is damaged or its signature is wrong."
        case .headChanged(let sequence): "The signed head at entry \(sequence) is not what the audit log says, or its signature is wrong."
        }
    }
}
