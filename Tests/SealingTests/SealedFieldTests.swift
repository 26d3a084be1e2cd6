import Crypto
import Testing

@testable import Sealing

@Suite struct SealedFieldTests {
    let key = SymmetricKey(size: .bits256)

    @Test(arguments: [Subject.joe, .shop, .person(0)])
    func `even under the same key nothing opens for another subject`(_ subject: Subject) throws {
        let sealed = SealedField.seal(secret, key, .mara, "person.email")
        #expect(try SealedField.open(sealed, key, .mara, "person.email") == secret)
        #expect(throws: SealingError.damaged("The field person.email of \(subject)")) {
            try SealedField.open(sealed, key, subject, "person.email")
        }
    }

    @Test func `a wrapped key opens for its purpose and by its node key only`() {
        let node = TemporaryVault.node
        let wrapped = WrappedKey(key, for: .subject(.mara), by: node)
        #expect(wrapped.key(for: .subject(.mara), by: node) == key)
        for purpose in [WrappedKey.Purpose.subject(.joe), .subject(.shop), .index] { #expect(wrapped.key(for: purpose, by: node) == nil) }
        #expect(wrapped.key(for: .subject(.mara), by: TemporaryVault.otherNode) == nil)
    }
}
