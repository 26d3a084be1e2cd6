import EVM
import Foundation
import Testing

@testable import pushcart

struct BuyWalletTests {
    private let folder: BuyTemporaryFolder
    private let digits = "0000000000000000000000000000000000000000000000000000000000000007"

    init() throws { folder = try BuyTemporaryFolder() }

    @Test("A key file is 64 digits, with or without 0x", arguments: ["", "0x"])
    func keyFile(_ prefix: String) throws {
        let path = try folder.write("\n \(prefix)\(digits)\r\n", to: "key", mode: 0o600)
        let wallet = try BuyWallet.load(path)
        #expect(wallet.address == BuyFixture.key.address)
        #expect(!wallet.isPractice)
        #expect(!"\(wallet)".contains("0007"))
    }

    @Test("A key that others may read is refused with the command that closes it", arguments: [0o640, 0o604, 0o644, 0o620, 0o610])
    func openKey(_ mode: Int) throws {
        let path = try folder.write(digits, to: "key", mode: mode)
        let failure = try #require(throws: CommandFailure.self) { try BuyWallet.load(path) }
        #expect(failure.exitCode == 1)
        #expect(failure.sentence.hasSuffix("run: chmod 600 \(path)"))
        #expect(!failure.sentence.contains("0007"))
    }

    @Test(
        "What is no key is refused without being repeated",
        arguments: ["", "7", "zz", "0x07", String(repeating: "0", count: 64), String(repeating: "f", count: 64), String(repeating: "1", count: 65)])
    func noKey(_ text: String) throws {
        let path = try folder.write(text, to: "key", mode: 0o600)
        let failure = try #require(throws: CommandFailure.self) { try BuyWallet.load(path) }
        #expect(failure.sentence.contains("64 hexadecimal digits"))
    }

    @Test("A missing file, a folder and an endless file are refused")
    func noFile() throws {
        #expect(throws: CommandFailure.self) { try BuyWallet.load("\(folder.path)/none") }
        #expect(throws: CommandFailure.self) { try BuyWallet.load(folder.path) }
        #expect(throws: CommandFailure.self) { try BuyWallet.load("/dev/zero") }
    }

    @Test("The practice wallet is made once, for nobody but its owner")
    func practice() throws {
        let state = try folder.state
        #expect(try BuyWallet.practice(in: state) == nil)
        let made = try BuyWallet.makePractice(in: state)
        #expect(made.isPractice)
        #expect(try folder.mode("pushcart") == 0o700)
        #expect(try folder.mode("pushcart/payments") == 0o700)
        #expect(try folder.mode("pushcart/practice-wallet.key") == 0o600)
        #expect(try BuyWallet.makePractice(in: state).address == made.address)
        #expect(try BuyWallet.practice(in: state)?.address == made.address)
        #expect(try folder.names("pushcart") == ["payments", "practice-wallet.key"])
    }

    @Test("A practice wallet that others may read is refused, an open folder is closed")
    func openPractice() throws {
        let state = try folder.state
        _ = try BuyWallet.makePractice(in: state)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: state.path)
        try state.make()
        #expect(try folder.mode("pushcart") == 0o700)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: state.practiceKey)
        #expect(throws: CommandFailure.self) { try BuyWallet.practice(in: state) }
    }

    @Test("State is kept where XDG says; a relative place is ignored")
    func places() throws {
        #expect(try BuyFolder(environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"]).path == "/s/pushcart")
        #expect(try BuyFolder(environment: ["XDG_STATE_HOME": "s", "HOME": "/h"]).path == "/h/.local/state/pushcart")
        #expect(throws: CommandFailure.self) { try BuyFolder(environment: ["HOME": ""]) }
    }

    @Test("A path is quoted for the shell", arguments: [("/a/b-c_1.key", "/a/b-c_1.key"), ("/a b", "'/a b'"), ("it's", "'it'\\''s'")])
    func quoted(_ path: String, _ text: String) { #expect(PrivateFile.quoted(path) == text) }
}
