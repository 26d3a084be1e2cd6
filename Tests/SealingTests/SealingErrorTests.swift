import Sealing
import Testing

@Suite struct SealingErrorTests {
    @Test(arguments: [
        (SealingError.erased(.person(7)), "person 7"), (.unknownKey(.shop), "the shop"), (.damaged("The key of person 7"), "The key of person 7"),
        (.tooLong(1_048_577), "1048576"), (.keyLength(31), "31"), (.noKey(in: "the file /k"), "/k"), (.exposed(path: "/k"), "chmod 600"),
        (.unreadable("the file /k", cause: "Permission denied"), "Permission denied"),
        (.wrongNodeKey(path: "/s", needed: "aa", given: "bb", source: "the file /k"), "node key aa, but the file /k is the node key bb"),
        (.notAVault(path: "/s"), "/s"), (.newer(path: "/s"), "newer Pushcart"), (.notDurable(path: "/s"), "durable"),
        (.storage(path: "/s", cause: "disk I/O error"), "disk I/O error"), (.notWiped(path: "/s", cause: "busy"), "traces"),
    ])
    func `a refusal says in sentences what to do`(_ error: SealingError, _ part: String) {
        #expect(error.description.contains(part))
        #expect(error.description.hasSuffix("."))
        #expect(!error.description.contains("\n"))
    }
}
