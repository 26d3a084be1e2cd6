/// A string compared and hashed by its bytes.
///
/// Swift's own `==` holds "é" and "e" with a combining accent to be one string; RFC 8259, section 8.3, does not. Its
/// hash does the same, so that somebody could send thousands of keys with one hash; this one is over the bytes.
struct JSONKey: Hashable {
    var text: String

    init(_ text: String) { self.text = text }

    static func == (lhs: JSONKey, rhs: JSONKey) -> Bool { same(lhs.text, rhs.text) }

    func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
        if hashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
        hasher.combine(0xFF as UInt8)
    }

    static func same(_ lhs: String, _ rhs: String) -> Bool {
        guard lhs.utf8.count == rhs.utf8.count else { return false }
        return lhs.utf8.elementsEqual(rhs.utf8)
    }
}
