/// A zip file of stored, uncompressed files (APPNOTE.TXT, sections 4.3.7 to 4.3.16), for a few documents of at most 4 GB in all.
struct ZipArchive {
    private var files: [UInt8] = []
    private var directory: [UInt8] = []
    private var count: UInt16 = 0

    /// - Parameter name: a plain file's name in UTF-8.
    mutating func add(_ name: String, _ content: [UInt8]) {
        let offset = UInt32(files.count)
        var facts: [UInt8] = []
        facts += Self.bytes(20 as UInt16)  // version needed
        facts += Self.bytes(0x0800 as UInt16)  // names are UTF-8
        facts += Self.bytes(0 as UInt16)  // stored
        facts += Self.bytes(0 as UInt16) + Self.bytes(0x0021 as UInt16)  // 1980-01-01: the time is in the documents
        facts += Self.bytes(Self.crc32(content))
        facts += Self.bytes(UInt32(content.count)) + Self.bytes(UInt32(content.count))
        facts += Self.bytes(UInt16(name.utf8.count)) + Self.bytes(0 as UInt16)
        files += Self.bytes(0x0403_4B50 as UInt32) + facts + name.utf8 + content
        directory += Self.bytes(0x0201_4B50 as UInt32) + Self.bytes(20 as UInt16) + facts
        directory += Self.bytes(0 as UInt16) + Self.bytes(0 as UInt16) + Self.bytes(0 as UInt16) + Self.bytes(0 as UInt32)
        directory += Self.bytes(offset) + name.utf8
        count += 1
    }

    /// The whole file.
    var bytes: [UInt8] {
        files + directory + Self.bytes(0x0605_4B50 as UInt32) + Self.bytes(0 as UInt16) + Self.bytes(0 as UInt16) + Self.bytes(count)
            + Self.bytes(count) + Self.bytes(UInt32(directory.count)) + Self.bytes(UInt32(files.count)) + Self.bytes(0 as UInt16)
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    static func crc32(_ content: [UInt8]) -> UInt32 {
        ~content.reduce(~0 as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
    }
}
