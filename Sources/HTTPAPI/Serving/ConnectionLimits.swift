public import Domain
import Synchronization

/// Counts open connections, in all and by address (IPv6 by network).
public final class ConnectionLimits: Sendable {
    enum Admission { case open, refused, dropped }

    private struct State {
        var open = 0
        var refusing = 0
        var turnedAway = 0
        /// Nobody is in here without an open connection.
        var byAddress: [AddressClass: Int] = [:]
    }

    private let state = Mutex(State())
    private let total: Int
    private let perAddress: Int
    private let refusals: Int
    private let exempt: [AddressBlock]

    /// - Parameters:
    ///   - total: open connections; well below the number of files that may be open.
    ///   - perAddress: of these, for one address.
    ///   - refusals: connections that are being told why they are refused; over that they are closed without a word.
    ///   - exempt: addresses that count for many, such as our own proxies; only `total` holds for them.
    public init(total: Int = 8192, perAddress: Int = 256, refusals: Int = 128, exempt: [AddressBlock] = []) {
        self.total = total
        self.perAddress = perAddress
        self.refusals = refusals
        self.exempt = exempt
    }

    public var open: Int { state.withLock { $0.open } }
    /// How many were refused or dropped since the start.
    public var turnedAway: Int { state.withLock { $0.turnedAway } }
    var addresses: Int { state.withLock { $0.byAddress.count } }

    /// What is counted for an address, to be given back with `leave`; nil for one that is not counted alone.
    func place(_ address: InternetAddress?) -> AddressClass? {
        guard let address, !exempt.contains(where: { $0.contains(address) }) else { return nil }
        return AddressClass(address)
    }

    /// Every admission, whichever it is, ends with `leave`.
    func enter(_ place: AddressClass?) -> Admission {
        state.withLock { state in
            guard state.open < total, place.map({ state.byAddress[$0, default: 0] < perAddress }) ?? true else {
                state.turnedAway += 1
                guard state.refusing < refusals else { return .dropped }
                state.refusing += 1
                return .refused
            }
            state.open += 1
            if let place { state.byAddress[place, default: 0] += 1 }
            return .open
        }
    }

    func leave(_ place: AddressClass?, _ admission: Admission) {
        state.withLock { state in
            switch admission {
            case .dropped: break
            case .refused: state.refusing -= 1
            case .open:
                state.open -= 1
                if let place, let count = state.byAddress[place] { state.byAddress[place] = count > 1 ? count - 1 : nil }
            }
        }
    }
}
