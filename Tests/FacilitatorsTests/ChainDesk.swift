import AsyncHTTPClient
import BigInt
import Domain
import EVM
import Foundation
import Logging
import Payments
import Storage
import Synchronization
import Testing
import X402
import X402EVM

@testable import Facilitators

/// A settler of our own over a real shop file and a scripted node on a real socket.
final class ChainDesk: Sendable {
    final class Clock: Sendable {
        private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
        var now: Timestamp { moment.withLock { $0 } }
        func advance(_ span: Duration) { moment.withLock { $0 = $0 + span } }
    }

    let directory: String
    let database: ShopDatabase
    let chain: FakeChain
    let facilitator: LocalFacilitator
    let product: Product
    let clock = Clock()
    let logBook = LogBook()
    private let server: NodeServer
    var nodeURL: String { server.url }

    static let option = makeOption(sandbox: false)
    static let settler = PrivateKey(Bytes32([UInt8](repeating: 0x11, count: 32))!)!
    static let payer = PrivateKey(Bytes32([UInt8](repeating: 0x22, count: 32))!)!
    /// A price of one dollar.
    static let price: UInt64 = 1_000_000

    var option: PaymentOption { Self.option }
    var reader: Reader { database.reader }
    var writer: Writer { database.writer }

    /// Base's USDC.
    static func makeOption(sandbox: Bool) -> PaymentOption {
        let preset = NetworkPreset.of(chainID: 8453)!
        let payTo = EVMAddress([UInt8](repeating: 0x50, count: 20))!
        return PaymentOption(
            asset: Asset(
                network: Network(chainID: 8453)!, address: preset.token.address.bytes, addressText: preset.token.address.checksummed, symbol: "USDC",
                decimals: 6, currency: .usd, domainName: preset.token.domainName, domainVersion: preset.token.domainVersion),
            payTo: payTo.bytes, payToText: payTo.checksummed, sandbox: sandbox, networkName: "Base", v1Name: "base", explorer: nil)
    }

    static var domain: EIP712Domain {
        EIP712Domain(name: "USD Coin", version: "2", chainID: 8453, verifyingContract: EVMAddress(option.asset.address)!)
    }

    /// - Parameter others: nodes that are asked after the desk's own.
    init(policy: FeePolicy = .standard(chainID: 8453), others: [String] = [], finality: FinalityDepth? = nil) async throws {
        directory = NSTemporaryDirectory() + "pushcart-chain-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        database = try ShopDatabase(path: "\(directory)/shop.sqlite")
        let chain = FakeChain(asset: EVMAddress(Self.option.asset.address)!, separator: Self.domain.separator)
        chain.set { $0.balances[Self.payer.address] = 10_000_000 }
        self.chain = chain
        server = try await NodeServer { chain.answer($0) }
        let now: WallClock = { [clock] in clock.now }
        let log = Logger(label: "test") { [logBook] _ in logBook }
        facilitator = LocalFacilitator(
            option: Self.option, urls: [server.url] + others, settler: Self.settler, policy: policy, http: .shared, reader: database.reader,
            writer: database.writer, finality: finality, now: now, log: log)
        let draft = ProductDraft(
            slug: Slug("song")!, title: "T", summary: "", kind: .file, price: try Money("1", .usd), tags: [], repeatable: true, state: .published,
            content: Content(digest: ContentDigest([UInt8](repeating: 6, count: 32))!, length: 3, mediaType: "a/b", fileName: "x"))
        guard case .created(let product) = try await database.writer.createProduct(draft, actor: "test", at: clock.now) else { throw Missing() }
        self.product = product
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    struct Missing: Error {}

    // MARK: Payments

    /// What a payer signs, good for five minutes. A signature of one's own stands for a contract wallet's.
    func authorization(
        by key: PrivateKey = payer, nonce: UInt8 = 1, amount: UInt64 = price, seconds: Int64 = 300, signature: [UInt8]? = nil
    ) -> Authorization {
        let transfer = Self.transfer(from: key.address, nonce: nonce, amount: amount, validBefore: UInt64(clock.now.seconds + seconds))
        return Authorization(
            key: PaymentKey(network: option.network, asset: option.asset.address, payer: key.address.bytes, nonce: transfer.nonce.bytes),
            payTo: option.payTo, amount: AtomicAmount(UInt128(amount)), validAfter: 0, validBefore: UInt64(clock.now.seconds + seconds),
            signature: signature ?? key.sign(transfer.digest(in: Self.domain)).serialized65)
    }

    static func transfer(from: EVMAddress, nonce: UInt8, amount: UInt64 = price, validBefore: UInt64) -> TransferAuthorization {
        TransferAuthorization(
            from: from, to: EVMAddress(option.payTo)!, value: BigUInt(amount), validAfter: 0, validBefore: BigUInt(validBefore),
            nonce: Bytes32([UInt8](repeating: nonce, count: 32))!)!
    }

    func claim(_ authorization: Authorization) async throws -> Payment {
        let claim = Claim(
            authorization: authorization, sandbox: false, productID: product.id, repeatable: true, content: product.content.digest,
            protocolVersion: 2,
            sealHash: nil, token: PaymentToken([UInt8](repeating: 3, count: 12))!, at: clock.now)
        guard case .claimed(let payment) = try await writer.claim(claim) else { throw Missing() }
        return payment
    }

    /// A payment with an attempt that this process, or one before it, stored and may have sent.
    func settling(
        _ authorization: Authorization, accountNonce: UInt64 = 0, tip: UInt64 = 100_000, maximumFee: UInt64 = 2_100_000
    ) async throws -> (payment: Payment, attempt: SignedTransaction) {
        let payment = try await claim(authorization)
        let payload = try #require(facilitator.asset.payload(authorization))
        let unsigned = try #require(
            EIP1559Transaction(
                chainID: 8453, nonce: accountNonce, maxPriorityFeePerGas: BigUInt(tip), maxFeePerGas: BigUInt(maximumFee), gasLimit: 150_000,
                to: facilitator.asset.address, value: 0,
                data: payload.authorization.callData(signatureBytes: payload.signature)))
        let signed = unsigned.signed(by: Self.settler)
        let isStored = try await writer.addAttempt(
            paymentID: payment.id, transaction: signed.hash.bytes, raw: signed.raw, settler: Self.settler.address.bytes, accountNonce: accountNonce,
            feeLimit: 300_000, at: clock.now)
        try #require(isStored)
        return (try #require(try reader.payment(id: payment.id)), signed)
    }

    /// The authorization is used in a transaction that is not ours.
    func useElsewhere(_ authorization: Authorization, to: EVMAddress? = nil, block: UInt64? = nil) throws {
        let transfer = try #require(facilitator.asset.payload(authorization)?.authorization)
        let value = try #require(Bytes32(transfer.value))
        let chain = chain
        chain.set { state in
            let now = state.block
            state.block = block ?? now
            chain.use(
                from: transfer.from.word, to: (to ?? transfer.to).word, value: value, nonce: transfer.nonce, by: Self.elsewhere, &state)
            state.block = now
        }
    }

    static let elsewhere = Bytes32([UInt8](repeating: 0xE1, count: 32))!

    // MARK: Outcomes

    func verify(_ authorization: Authorization) async -> String { Self.told(await facilitator.verify(authorization, for: option)) }

    static func told(_ verdict: Verdict) -> String {
        switch verdict {
        case .valid: "valid"
        case .invalid(let error): "invalid: \(error.reason)"
        case .proven(let error): "proven, but \(error.reason)"
        case .provenUnavailable(let sentence): "proven, but unavailable: \(sentence)"
        case .spentElsewhere: "spent elsewhere"
        case .unavailable(let sentence): "unavailable: \(sentence)"
        }
    }

    static func told(_ settlement: Settlement) -> String {
        switch settlement {
        case .settled(let transaction, _): "settled by \(lowercaseHex(Array(transaction.prefix(2))))"
        case .notSent(let error): "not sent: \(error.reason)"
        case .failed(let error): "failed: \(error.reason)"
        case .unknown: "unknown"
        }
    }

    func settle(_ payment: Payment) async -> String { Self.told(await facilitator.settle(payment, for: option)) }
    func resolve(_ payment: Payment) async -> String { Self.told(await facilitator.resolve(payment, for: option)) }

    /// Whether that is what the fees of all attempts come to, once they are noted beside the answer.
    func feesBecome(_ wei: UInt64) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if try await reader.feesSpent(chainID: 8453, since: Timestamp(seconds: 0)) == UInt128(wei),
                facilitator.fees.spent(at: clock.now) <= UInt128(wei)
            {
                return true
            }
            await Task.yield()
        }
        return false
    }

    static func settled(by hash: Bytes32) -> String { "settled by \(lowercaseHex(Array(hash.bytes.prefix(2))))" }
}

/// Remembers what was logged and tells who waits for a line.
final class LogBook: LogHandler, Sendable {
    private let state = Mutex<(lines: [String], waiters: [(String, CheckedContinuation<Void, Never>)])>(([], []))
    var all: [String] { state.withLock { $0.lines } }

    let metadataProvider: Logger.MetadataProvider? = nil
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let line = "\(event.level): \(event.message)"
        let ready = state.withLock { state in
            state.lines.append(line)
            let ready = state.waiters.filter { line.contains($0.0) }
            state.waiters.removeAll { line.contains($0.0) }
            return ready
        }
        for (_, waiter) in ready { waiter.resume() }
    }

    /// Returns once a line has been logged that has `words` in it.
    func wait(for words: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.lines.contains(where: { $0.contains(words) }) { return true }
                state.waiters.append((words, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
