import Domain
import EVM
import Foundation
import JSON
import Testing
import X402

@testable import pushcart

struct BuyPurchaseTests {
    private let folder: BuyTemporaryFolder
    private let time = BuyFakeClock()
    private let terminal = BuyFakeTerminal()

    init() throws { folder = try BuyTemporaryFolder() }

    private func buy(
        _ shop: BuyFakeShop, asked: BuyURL = BuyFixture.asked, maximum: String = "1.00", keyFile: String? = nil, json: Bool = false
    ) async throws {
        try await BuyPurchase(
            asked: asked, maximum: Money(maximum, .usd), keyFile: keyFile, destination: .folder(folder.path), folder: folder.state, transport: shop,
            clock: time.clock, report: terminal.report(json: json)
        ).run()
    }

    private func failure(_ shop: BuyFakeShop, asked: BuyURL = BuyFixture.asked, maximum: String = "1.00", keyFile: String? = nil) async throws
        -> CommandFailure
    {
        try await #require(throws: CommandFailure.self) { try await buy(shop, asked: asked, maximum: maximum, keyFile: keyFile) }
    }

    private func stored() throws -> [String] { try folder.names("pushcart/payments").filter { $0.hasSuffix(".json") } }

    @Test("A purchase asks, says what it pays, pays and saves, and leaves nothing stored")
    func purchase() async throws {
        let shop = BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.goods])
        try await buy(shop)
        #expect(try folder.text("hello.md") == "the goods")
        #expect(shop.calls.map(\.url) == [BuyFixture.asked, BuyFixture.asked])
        #expect(shop.calls[0].headers.isEmpty)
        #expect(try stored().isEmpty)
        #expect(
            terminal.text == """
                err: Paying 0.01 USDC (practice money) on Base Sepolia to \(BuyFixture.payTo) for “Hello [31m world”
                out: Saved hello.md (9 bytes)
                out: Paid 0.01 USDC (practice money) on Base Sepolia
                out: Transaction 0xabc
                """)
    }

    @Test("As JSON there is one line and nothing else")
    func json() async throws {
        try await buy(BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.goods]), json: true)
        let line = try #require(terminal.text.hasPrefix("out: ") ? terminal.text.dropFirst(5) : nil)
        let result = try JSONValue(parsing: String(line))
        #expect(result["paid"] == true)
        #expect(result["amount"] == "0.01")
        #expect(result["asset"] == "USDC")
        #expect(result["network"] == "eip155:84532")
        #expect(result["transaction"] == "0xabc")
        #expect(result["file"] == "hello.md")
        #expect(result["sandbox"] == true)
        #expect(result["receipt"] == .null)
        #expect(result["payer"]?.string == (try BuyWallet.practice(in: folder.state))?.address.checksummed)
    }

    @Test("The payment is on disk before it is sent")
    func storedFirst() async throws {
        let payments = "\(folder.path)/pushcart/payments"
        let shop = BuyFakeShop([
            BuyFakeShop.honestOffer,
            { call in
                let names = (try? FileManager.default.contentsOfDirectory(atPath: payments)) ?? []
                let text = names.first { $0.hasSuffix(".json") }.flatMap { try? String(contentsOfFile: "\(payments)/\($0)", encoding: .utf8) }
                #expect(call.nonce.map { text?.contains($0) == true } == true)
                return BuyFakeShop.goods(call)
            },
        ])
        try await buy(shop)
        #expect(shop.calls.count == 2)
    }

    @Test("After 75 the next run sends the same payment again, without asking for another offer")
    func same() async throws {
        let first = BuyFakeShop([BuyFakeShop.honestOffer] + Array(repeating: BuyFakeShop.lost, count: 4))
        let failure = try await failure(first)
        #expect(failure.exitCode == 75)
        #expect(first.calls.count == 5)
        #expect(try stored().count == 1)
        let second = BuyFakeShop([BuyFakeShop.pending, BuyFakeShop.goods])
        try await buy(second)
        #expect(Set((first.calls.dropFirst() + second.calls).map(\.nonce)).count == 1)
        #expect(second.calls.first?.headers[PaymentHeader.signature] == first.calls.last?.headers[PaymentHeader.signature])
        #expect(try stored().isEmpty)
        #expect(try folder.text("hello.md") == "the goods")
    }

    @Test("A pending payment is followed for two minutes, at the shop's pace within bounds")
    func pending() async throws {
        let failure = try await failure(BuyFakeShop([BuyFakeShop.honestOffer] + Array(repeating: BuyFakeShop.pending, count: 60)))
        #expect(failure.exitCode == 75)
        #expect(time.elapsed == .seconds(120))
        #expect(try stored().count == 1)
        for (retryAfter, wait) in [("0", 1), ("3600", 10), ("soon", 2)] {
            let before = time.elapsed
            let again = BuyFakeShop.answer(402, [BuyFakeShop.settlement(false, "settlement_pending"), ("Retry-After", retryAfter)])
            _ = try await self.failure(BuyFakeShop([again, BuyFakeShop.answer(404)]))
            #expect(time.elapsed - before == .seconds(wait))
        }
    }

    @Test("What the shop refuses for good is dropped, and not signed anew in the same run")
    func refused() async throws {
        let shop = BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.refusal])
        let failure = try await failure(shop)
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.contains("insufficient_funds"))
        #expect(shop.calls.count == 2)
        #expect(try stored().isEmpty)
    }

    @Test("What may still be taken is kept", arguments: [400, 402, 404, 413, 302] as [UInt])
    func kept(_ status: UInt) async throws {
        let failure = try await failure(BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.answer(status)]))
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.contains("2027-01-15T08:05:00Z"))
        #expect(try stored().count == 1)
    }

    @Test("Past its end a payment is asked about once more; then, refused, it is dropped and another one signed")
    func over() async throws {
        let first = BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.answer(402)])
        _ = try await failure(first)
        time.pass(.seconds(300))
        let second = BuyFakeShop([BuyFakeShop.answer(402), BuyFakeShop.honestOffer, BuyFakeShop.goods])
        try await buy(second)
        #expect(second.calls.map(\.nonce)[0] == first.calls[1].nonce)
        #expect(second.calls[1].nonce == nil)
        #expect(second.calls[2].nonce != nil)
        #expect(second.calls[2].nonce != first.calls[1].nonce)
        #expect(try stored().isEmpty)
    }

    @Test("Past its end a payment may still have settled: then its goods come; without an answer it stays")
    func overButSettled() async throws {
        _ = try await failure(BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.answer(402)]))
        time.pass(.seconds(86_400))
        #expect(try await failure(BuyFakeShop([])).exitCode == 75)
        #expect(try stored().count == 1)
        try await buy(BuyFakeShop([BuyFakeShop.goods]))
        #expect(try folder.text("hello.md") == "the goods")
        #expect(try stored().isEmpty)
    }

    @Test("A payment under way is not sent by a run that would not pay so much")
    func cheaper() async throws {
        _ = try await failure(BuyFakeShop([BuyFakeShop.honestOffer, BuyFakeShop.answer(402)]))
        let shop = BuyFakeShop([BuyFakeShop.goods])
        let failure = try await failure(shop, maximum: "0.005")
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.contains("--max-price 0.01"))
        #expect(shop.calls.isEmpty)
    }

    @Test("Real money needs a key, and a practice wallet never signs for it")
    func realMoney() async throws {
        let way = BuyFixture.way(["network": "eip155:8453", "asset": .string(BuyFixture.baseUSDC)], extra: ["name": "USD Coin", "sandbox": false])
        let offer = BuyFakeShop.offer(BuyFixture.offer([way]))
        _ = try BuyWallet.makePractice(in: folder.state)
        let shop = BuyFakeShop([offer, BuyFakeShop.goods])
        let failure = try await failure(shop)
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.contains("--key-file"))
        #expect(shop.calls.count == 1)
        let key = try folder.write("07".padding(toLength: 64, withPad: "07", startingAt: 0), to: "key", mode: 0o600)
        try await buy(BuyFakeShop([offer, BuyFakeShop.goods]), keyFile: key)
        #expect(terminal.text.contains("Paying 0.01 USDC on Base to"))
    }

    @Test("A refused offer is neither signed nor stored")
    func refusedOffer() async throws {
        let shop = BuyFakeShop([BuyFakeShop.offer(BuyFixture.offer([BuyFixture.way(["amount": "1000001"])]))])
        #expect(try await failure(shop).exitCode == 1)
        #expect(shop.calls.count == 1)
        #expect(try folder.names().isEmpty)
    }

    @Test("What is free is saved and called so")
    func free() async throws {
        try await buy(BuyFakeShop([BuyFakeShop.answer(200, [("Content-Type", "text/plain")], "free")]))
        #expect(try folder.text("hello.txt") == "free")
        #expect(terminal.text == "out: Saved hello.txt (4 bytes); it was free, nothing was paid")
    }

    @Test("Redirects within the shop are followed thrice, and the offer must be for where they end")
    func redirects() async throws {
        let asked = try #require(BuyURL("http://127.0.0.1:8402/a"))
        let hop = BuyFakeShop.answer(302, [("Location", "/p/hello")])
        let shop = BuyFakeShop([hop, BuyFakeShop.honestOffer, BuyFakeShop.goods])
        try await buy(shop, asked: asked)
        #expect(shop.calls.map(\.url.path) == ["/a", "/p/hello", "/p/hello"])
        let loop = BuyFakeShop(Array(repeating: hop, count: 9))
        #expect(try await failure(loop, asked: asked).exitCode == 1)
        #expect(loop.calls.count == 4)
    }

    @Test(
        "A redirect to another place is refused", arguments: ["http://evil/p/hello", "https://127.0.0.1:8402/", "//evil/", "http://127.0.0.1:8403/"])
    func otherPlace(_ location: String) async throws {
        let shop = BuyFakeShop([BuyFakeShop.answer(307, [("Location", location)]), BuyFakeShop.honestOffer])
        #expect(try await failure(shop).exitCode == 1)
        #expect(shop.calls.count == 1)
    }

    @Test("Other answers end with one sentence", arguments: [204, 403, 404, 500] as [UInt])
    func otherAnswers(_ status: UInt) async throws {
        let failure = try await failure(BuyFakeShop([BuyFakeShop.answer(status)]))
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.contains("\(status)"))
    }
}

struct BuyDownloadTests {
    private let folder: BuyTemporaryFolder
    private let time = BuyFakeClock()
    private let link = ("Link", #"</r/abc/content?signature=ff>; rel="content""#)
    private let tag = ("ETag", #""e1""#)

    init() throws { folder = try BuyTemporaryFolder() }

    private func save(_ shop: BuyFakeShop, to destination: BuyDestination? = nil) async throws -> BuyDownload.Saved {
        let response = try await shop.get(BuyFixture.asked, [])
        let links = BuyLinks(links: response.headers("Link"), location: nil, at: BuyFixture.asked)
        return try await BuyDownload(transport: shop, clock: time.clock, note: { _ in })
            .save(response, of: BuyFixture.asked, links: links, to: destination ?? .folder(folder.path), tag: "t")
    }

    @Test("A broken download is resumed where it broke, if the goods are still the same")
    func resumed() async throws {
        let shop = BuyFakeShop([
            BuyFakeShop.broken([link, tag, ("Content-Length", "9")], "the "), BuyFakeShop.lost,
            BuyFakeShop.answer(206, [("Content-Range", "bytes 4-8/9")], "goods"),
        ])
        #expect(try await save(shop) == BuyDownload.Saved(file: "hello", bytes: 9))
        #expect(try folder.text("hello") == "the goods")
        #expect(shop.calls[2].url.path == "/r/abc/content")
        #expect(shop.calls[2].headers == ["Range": "bytes=4-", "If-Range": #""e1""#])
    }

    @Test("If the goods have changed, they are fetched anew")
    func anew() async throws {
        let shop = BuyFakeShop([BuyFakeShop.broken([link, tag], "the old"), BuyFakeShop.answer(200, [], "new")])
        #expect(try await save(shop).bytes == 3)
        #expect(try folder.text("hello") == "new")
    }

    @Test("Another part than was asked for is never glued on", arguments: ["bytes 0-8/9", "bytes 4-8/11", "rubbish"])
    func otherPart(_ range: String) async throws {
        let wrong = BuyFakeShop.answer(206, [("Content-Range", range)], "goods")
        let shop = BuyFakeShop([BuyFakeShop.broken([link, tag, ("Content-Length", "9")], "the ")] + Array(repeating: wrong, count: 9))
        let failure = try await #require(throws: CommandFailure.self) { try await save(shop) }
        #expect(failure.exitCode == 75)
        #expect(try folder.names().isEmpty)
    }

    @Test("Without a link a broken download ends with 75 and leaves nothing half done")
    func noLink() async throws {
        let failure = try await #require(throws: CommandFailure.self) { try await save(BuyFakeShop([BuyFakeShop.broken([], "the ")])) }
        #expect(failure.exitCode == 75)
        #expect(try folder.names().isEmpty)
    }

    @Test("Nothing is replaced but the file that was named")
    func names() async throws {
        func goods() -> BuyFakeShop { BuyFakeShop([BuyFakeShop.goods]) }
        #expect(try await save(goods()).file == "hello.md")
        #expect(try await save(goods()).file == "hello (1).md")
        #expect(try await save(goods()).file == "hello (2).md")
        let path = try folder.write("old", to: "old.md", mode: 0o644)
        #expect(try await save(goods(), to: BuyDestination(path)).file == path)
        #expect(try folder.text("old.md") == "the goods")
        #expect(try folder.names() == ["hello (1).md", "hello (2).md", "hello.md", "old.md"])
    }

    @Test("A link keeps pointing where it did, a device stays a device")
    func links() async throws {
        _ = try folder.write("old", to: "target", mode: 0o644)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "target")
        _ = try await save(BuyFakeShop([BuyFakeShop.goods]), to: BuyDestination("\(folder.path)/link"))
        #expect(try folder.text("target") == "the goods")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/link") == "target")
        #expect(try BuyDestination("/dev/null") == .stream("/dev/null"))
        #expect(try BuyDestination("-") == .standardOutput)
    }

    @Test("Where nothing can be written is known before anything is paid")
    func unwritable() throws {
        #expect(throws: CommandFailure.self) { try BuyDestination(folder.path) }
        #expect(throws: CommandFailure.self) { try BuyDestination("\(folder.path)/none/x") }
        #expect(throws: CommandFailure.self) { try BuyDestination("\(folder.path)/x/") }
        #expect(throws: CommandFailure.self) { try BuyDestination("") }
    }
}
