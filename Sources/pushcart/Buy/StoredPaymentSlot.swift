import Crypto
import EVM
import Glibc
import JSON

/// The place on disk of the one payment that a wallet has under way for an address. Whoever holds this value holds its lock,
/// so two runs at once never both sign.
final class StoredPaymentSlot: Sendable {
    let path: String
    private let asked: BuyURL
    private let payer: EVMAddress
    private let lock: Int32

    private static let maximumLength = 64 * 1024

    /// - Throws: `CommandFailure` with exit code 75 while another run holds the place.
    /// - Parameter request: a payment for one request is for no other.
    init(_ asked: BuyURL, payer: EVMAddress, request: BuyRequest = .get, in folder: BuyFolder) throws(CommandFailure) {
        try folder.make()
        path = "\(folder.payments)/\(Self.name(asked, payer: payer, request: request)).json"
        (self.asked, self.payer) = (asked, payer)
        lock = try Self.lock("\(path).lock")
    }

    deinit {
        // The lock's file goes with the payment; whoever opened it meanwhile sees that it is gone and makes a new one.
        if access(path, F_OK) != 0 { unlink("\(path).lock") }
        close(lock)
    }

    static func name(_ asked: BuyURL, payer: EVMAddress, request: BuyRequest = .get) -> String {
        let more = request.isPlain ? [] : Array("\n\(request.method)\n".utf8) + Array(SHA256.hash(data: request.body))
        let digest = SHA256.hash(data: Array("\(asked)\n\(payer.hex)".utf8) + more)
        return Hex.encode(Array(digest), prefix: false)
    }

    /// The payment that is under way; nil when there is none.
    func read() throws(CommandFailure) -> StoredPayment? {
        guard let bytes = try PrivateFile.read(path, what: "stored payment", limit: Self.maximumLength) else { return nil }
        // Why it cannot be read does not matter: nobody can pay with it.
        guard let json = (try? JSONValue(parsing: bytes))?.object, let payment = StoredPayment(json), payment.asked == asked, payment.payer == payer
        else {
            throw .refused(
                "The stored payment \(path) cannot be read; if you are sure that it was never sent, delete it and run the same command again.")
        }
        return payment
    }

    /// When this returns, the payment survives whatever happens, and may be sent.
    func write(_ payment: StoredPayment) throws(CommandFailure) {
        let bytes = JSONValue.object(payment.json).encoded(pretty: true) + [0x0A]
        // Storing what could not be read again would be worse than not paying.
        guard bytes.count <= Self.maximumLength else { throw .refused("Nothing was paid: the offer is too long to be kept.") }
        try PrivateFile.write(bytes, to: path)
    }

    func remove() throws(CommandFailure) { try PrivateFile.remove(path) }

    private static func lock(_ path: String) throws(CommandFailure) -> Int32 {
        while true {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw PrivateFile.failure("The lock \(path) cannot be made") }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let problem =
                    errno == EWOULDBLOCK
                    ? CommandFailure.tryAgain("Another run is buying this with the same wallet; when it has ended, run the same command again.")
                    : PrivateFile.failure("The lock \(path) cannot be taken")
                close(file)
                throw problem
            }
            // The one before us may have removed the file that we opened.
            if let ours = FileStatus(of: file), let there = FileStatus(at: path), ours.isSameFile(as: there) { return file }
            close(file)
        }
    }
}
