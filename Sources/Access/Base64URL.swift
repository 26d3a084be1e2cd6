import Foundation

/// RFC 4648, section 5, without padding.
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let standard = Data(bytes).base64EncodedData().lazy.filter { $0 != 0x3D }
        return String(decoding: standard.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 } as [UInt8], as: UTF8.self)
    }

    /// Nil for anything that `encode` does not write.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var standard: [UInt8] = []
        for byte in text.utf8 {
            guard byte != 0x2B, byte != 0x2F, byte != 0x3D else { return nil }
            standard.append(byte == 0x2D ? 0x2B : byte == 0x5F ? 0x2F : byte)
        }
        standard += [UInt8](repeating: 0x3D, count: (4 - standard.count % 4) % 4)
        // Written again, so that bits which nobody reads cannot differ.
        guard let data = Data(base64Encoded: Data(standard)), encode(data).utf8.elementsEqual(text.utf8) else { return nil }
        return [UInt8](data)
    }
}
