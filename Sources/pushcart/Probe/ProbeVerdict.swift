/// How a check of a shop came out.
enum ProbeVerdict: String, CaseIterable, Sendable {
    case ok
    /// It works, but not with every client.
    case warning
    case failure
    /// Not asked, because something else has to be right first, or because it is no matter here.
    case skipped
}
