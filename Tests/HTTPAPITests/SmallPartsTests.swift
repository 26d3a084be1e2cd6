import Catalogue
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

@Suite struct SmallPartsTests {
    // MARK: Origins

    @Test(
        arguments: [
            ("http://localhost", true), ("http://localhost:4020", true), ("https://localhost/", true), ("http://127.0.0.1:4020", true),
            ("http://127.1.2.3", true), ("http://[::1]:80", true), ("http://[::1]", true), ("https://shop.example", false),
            ("http://localhost.evil.example", false), ("http://127.0.0.1.evil.example", false), ("http://127.evil.example", false),
            ("http://10.0.0.1", false), ("http://0.0.0.0:4020", false), ("http://[::2]", false), ("http://[2001:db8::1]:80", false),
            ("http://1127.0.0.1", false), ("http://localhost:x@evil.example", false), ("http://127.0.0.1:80@evil.example", false),
            ("http://evil.example/localhost", false), ("http://evil.example?://localhost", false), ("localhost", false), ("", false),
            ("http://", false),
        ])
    func `only this machine itself is loopback`(_ origin: String, _ isLoopback: Bool) {
        #expect(Shop.isLoopback(origin) == isLoopback)
    }

    // MARK: File names

    @Test(
        arguments: [
            ("song.flac", #"attachment; filename="song.flac""#),
            ("My song.flac", #"attachment; filename="My song.flac"; filename*=UTF-8''My%20song.flac"#),
            ("Für Elise.mp3", #"attachment; filename="F_r Elise.mp3"; filename*=UTF-8''F%C3%BCr%20Elise.mp3"#),
            (#"a"b\c%d.txt"#, #"attachment; filename="a_b_c_d.txt"; filename*=UTF-8''a%22b%5Cc%25d.txt"#),
            ("a\r\nSet-Cookie: x", #"attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"#),
            ("😀", #"attachment; filename="_"; filename*=UTF-8''%F0%9F%98%80"#),
            ("a;b='c'", #"attachment; filename="a;b='c'"; filename*=UTF-8''a%3Bb%3D%27c%27"#),
        ])
    func `a file's name reaches old and new clients and cannot break out`(_ name: String, _ header: String) {
        #expect(Goods.attachment(name) == header)
    }

    // MARK: Sizes

    @Test(
        arguments: [
            (0, "0 bytes"), (999, "999 bytes"), (1000, "1 KB"), (1049, "1 KB"), (1050, "1.1 KB"), (3_200, "3.2 KB"), (99_949, "99.9 KB"),
            (99_950, "100 KB"),
            (123_456, "123 KB"), (999_499, "999 KB"), (999_950, "1 MB"), (1_000_000, "1 MB"), (3_200_000, "3.2 MB"), (700_000_000, "700 MB"),
            (4_700_000_000, "4.7 GB"), (2_500_000_000_000, "2.5 TB"), (9_000_000_000_000_000, "9000 TB"),
        ] as [(Int64, String)])
    func `sizes are told in round numbers`(_ bytes: Int64, _ text: String) {
        #expect(sizeText(bytes) == text)
    }

    // MARK: Problems

    @Test func `a problem is told as RFC 9457 has it`() async throws {
        let field = JSONProblem(JSONPointer.root.appending("a/b"), "Wrong.")
        let problem = Problem(.conflict, "It is “taken”.", fields: [field], headers: [.comeBack: "3"])
        let response = problem.response
        #expect(response.status == .conflict)
        #expect(response.headers[.contentType] == "application/problem+json")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(response.headers[.comeBack] == "3")
        let router = Router(context: ShopContext.self)
        router.get("x") { _, _ in problem.response }
        let body = try await Application(router: router).test(.router) { try await $0.execute(uri: "/x", method: .get) }
        #expect(
            try body.json() == [
                "type": "urn:pushcart:problem:conflict", "title": "Conflict", "status": 409, "detail": "It is “taken”.",
                "errors": [["pointer": "/a~1b", "reason": "Wrong."]],
            ])
    }

    @Test func `a problem of several fields counts them and tells the first`() {
        let one = JSONProblem(JSONPointer.root.appending("price"), "Too high.")
        #expect(Problem.invalid([one]).sentence == "“/price”: Too high.")
        #expect(Problem.invalid([one, one]).sentence == "2 fields are wrong. “/price”: Too high.")
        #expect(Problem.invalid([JSONProblem(.root, "No object.")]).sentence == "The body: No object.")
        #expect(Problem.invalid([one]).status == .unprocessableContent)
        #expect(Problem.notFound.response.headers[.contentType] == "application/problem+json")
    }

    // MARK: Faults

    private struct Trouble: Error, CustomStringConvertible { let description = "a secret cause" }

    static let faults: [(error: any Error & Sendable, status: Int, says: String, logged: String?)] = [
        (HTTPError(.contentTooLarge), 413, "Content Too Large", nil), (HTTPError(.badRequest, message: "Say more."), 400, "Say more.", nil),
        (HTTPError(.notFound), 404, "nothing at this address", nil),
        (ContentError.disk(ENOSPC), 507, "The disk is full", "error: content: The disk is full"),
        (CancellationError(), 503, "being restarted", nil), (Trouble(), 503, "cannot do this just now", "error: GET failed: a secret cause"),
    ]

    @Test(arguments: faults.indices) func `an error becomes a status and a public sentence, its cause a line in the log`(_ index: Int) async throws {
        let (error, status, says, logged) = Self.faults[index]
        let shop = try TestShop()
        let router = Router(context: ShopContext.self)
        router.add(middleware: FaultMiddleware(shop: shop.shop))
        router.get("x") { _, _ -> Response in throw error }
        let answer = try await Application(router: router).test(.router) { try await $0.execute(uri: "/x", method: .get) }
        try answer.expectProblem(status, says)
        answer.expect(status, hasNot: ["secret"])
        #expect((answer.headers[.comeBack] != nil) == (status == 503))
        #expect(shop.logBook.all.contains { $0.hasPrefix(logged ?? "error") } == (logged != nil))
    }
}
