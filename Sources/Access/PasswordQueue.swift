/// Who waits for one of the threads that hash, and who is next. A value without clock or thread; `PasswordDesk` holds it.
///
/// Two lanes. An address that was wrong lately, or that has more than one password in hand, goes in the slow lane, which never has
/// more than one of the threads; so whoever comes with one password at a time waits for nobody but their like. In each lane the addresses
/// take turns; one that was right before goes first, so that guesses which each come from a fresh address hold up nobody who is known.
struct PasswordQueue<Work> {
    struct Limits: Hashable, Sendable {
        var perAddress = 8
        /// Of the slow lane; those of the other may come on top, as many again, and those of addresses that were right as many once more.
        var inAll = 256
        /// Addresses remembered for having been wrong, and as many for having been right.
        var remembered = 20_000
        var threads = 2
    }

    private struct Line {
        var work: [Work] = []
        var running = 0
        var failures = 0
        /// Had more than one in hand, and has not been without any since.
        var isHasty = false
        var isSlow: Bool { failures > 0 || isHasty }
    }

    private let limits: Limits
    private var lines: [String: Line] = [:]
    /// Addresses in the order of their turns.
    private var turns: [String] = []
    /// Addresses that were wrong, the earliest first.
    private var wrong: [String] = []
    /// Addresses that were right, and in which order.
    private var known: Set<String> = []
    private var right: [String] = []
    private(set) var waiting = 0
    private var slowRunning = 0

    init(_ limits: Limits) { self.limits = limits }

    /// False when the queue is full, or full for that address.
    mutating func add(_ work: Work, from address: String) -> Bool {
        var line = lines[address] ?? Line()
        guard line.work.count < limits.perAddress else { return false }
        if line.work.isEmpty { turns.append(address) }
        line.work.append(work)
        if line.work.count + line.running > 1 { line.isHasty = true }
        guard waiting < (line.isSlow ? 1 : known.contains(address) ? 3 : 2) * limits.inAll else {
            if line.work.count == 1 { turns.removeLast() }
            return false
        }
        lines[address] = line
        waiting += 1
        return true
    }

    /// The next work, with whether it is of the slow lane; nil when nothing may begin now.
    mutating func take() -> (work: Work, address: String, isSlow: Bool)? {
        let slowIsFree = slowRunning < max(1, limits.threads - 1)
        var chosen: (index: Int, isSlow: Bool)?
        for index in turns.indices {
            let isSlow = lines[turns[index]]?.isSlow ?? true
            if !isSlow, known.contains(turns[index]) {
                chosen = (index, false)
                break
            }
            if isSlow ? slowIsFree && chosen == nil : chosen?.isSlow != false { chosen = (index, isSlow) }
        }
        guard let (index, isSlow) = chosen else { return nil }
        let address = turns.remove(at: index)
        guard var line = lines[address], !line.work.isEmpty else { return nil }
        let work = line.work.removeFirst()
        line.running += 1
        if !line.work.isEmpty { turns.append(address) }
        lines[address] = line
        waiting -= 1
        if isSlow { slowRunning += 1 }
        return (work, address, isSlow)
    }

    /// - Parameter isRight: nil where nothing was compared.
    mutating func finish(_ address: String, wasSlow: Bool, isRight: Bool?) {
        if wasSlow { slowRunning -= 1 }
        guard var line = lines[address] else { return }
        line.running -= 1
        if line.work.isEmpty, line.running == 0 { line.isHasty = false }
        switch isRight {
        case true:
            line.failures = 0
            if known.insert(address).inserted { right.append(address) }
            if right.count > limits.remembered { known.remove(right.removeFirst()) }
        case false:
            line.failures += 1
            if line.failures == 1 { wrong.append(address) }
        case nil: break
        }
        lines[address] = line
        forget(address)
        while wrong.count > limits.remembered {
            let oldest = wrong.removeFirst()
            lines[oldest]?.failures = 0
            forget(oldest)
        }
    }

    /// Lets those begin anew who were wrong; called now and then.
    mutating func forgive() {
        let all = wrong
        wrong = []
        for address in all {
            lines[address]?.failures = 0
            forget(address)
        }
    }

    private mutating func forget(_ address: String) {
        guard let line = lines[address], line.work.isEmpty, line.running == 0, line.failures == 0 else { return }
        lines[address] = nil
    }
}
