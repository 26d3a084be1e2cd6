import Domain
import JSON
import Synchronization

/// When the newest block that a node told was made.
final class ChainHead: Sendable {
    private let moment = Mutex<Timestamp?>(nil)

    /// Nil until a block was seen.
    var time: Timestamp? { moment.withLock { $0 } }

    /// Notes a block; an older one, from a node that lags, changes nothing.
    func saw(_ block: JSONValue) {
        guard let seconds = block["timestamp"]?.quantity, let seconds = Int64(exactly: seconds), seconds < 1 << 40 else { return }
        moment.withLock { $0 = max($0 ?? .init(seconds: 0), Timestamp(seconds: seconds)) }
    }
}
