import Domain
import Storage
import Synchronization

/// Keeps the newest head in memory, as the daemon does in a file.
final class NoteBook: Sendable {
    private let kept = Mutex<SignedAuditHead?>(nil)
    var head: SignedAuditHead? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
    var notebook: AuditNotary.Notebook { AuditNotary.Notebook(read: { [self] in head }, write: { [self] in head = $0 }) }
}
