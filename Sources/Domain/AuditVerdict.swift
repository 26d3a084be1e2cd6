/// What a check of the whole audit log came to.
public enum AuditVerdict: Hashable, Sendable {
    /// - Parameters:
    ///   - last: the last entry; nil for a log without any.
    ///   - heads: how many signed heads were checked.
    ///   - otherKeys: how many of them another key signed than the shop's of today; that is so after the node's key was changed.
    case intact(entries: Int64, last: AuditMark?, heads: Int, otherKeys: Int)
    case broken(AuditFinding)
}
