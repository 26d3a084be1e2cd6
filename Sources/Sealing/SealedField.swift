import Crypto
import Foundation

/// What `Vault` gives out: a version byte (1), then a `SealedBox`. Subject and field are authenticated beside it.
enum SealedField {
    private static let version: UInt8 = 1

    static func seal(_ plain: [UInt8], _ key: SymmetricKey, _ subject: Subject, _ field: String) -> [UInt8] {
        [version] + SealedBox.seal(plain, key, context: context(subject, field))
    }

    static func open(_ sealed: [UInt8], _ key: SymmetricKey, _ subject: Subject, _ field: String) throws(SealingError) -> [UInt8] {
        guard sealed.first == version, let plain = SealedBox.open(sealed.dropFirst(), key, context: context(subject, field)) else {
            throw .damaged("The field \(field) of \(subject)")
        }
        return [UInt8](plain)
    }

    /// Of fixed length up to the field's name, so that no two pairs are spelled alike.
    private static func context(_ subject: Subject, _ field: String) -> [UInt8] {
        Array("pushcart field".utf8) + [version] + subject.context + field.utf8
    }
}
