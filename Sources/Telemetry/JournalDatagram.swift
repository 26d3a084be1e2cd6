/// One entry in the native protocol of journald (systemd.io/JOURNAL_NATIVE_PROTOCOL).
struct JournalDatagram {
    private(set) var bytes: [UInt8] = []
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// Cut when it does not fit; left out when there is no room at all.
    /// - Parameter leaving: bytes kept free for what comes after.
    mutating func add(_ name: String, _ value: String, leaving: Int = 0) {
        let room = maximum - leaving - bytes.count - name.utf8.count - 10
        guard room > 16 else { return }
        let value = Array(LogText.cut(value, to: room).utf8)
        bytes += name.utf8
        if value.contains(0x0A) {
            // What has several lines goes with its length, so that no line of it can be taken for a field.
            bytes.append(0x0A)
            bytes += withUnsafeBytes(of: UInt64(value.count).littleEndian, Array.init)
        } else {
            bytes.append(0x3D)
        }
        bytes += value
        bytes.append(0x0A)
    }

    /// A field's name as the journal allows it, behind a prefix that keeps it apart from the journal's own.
    static func name(_ text: String) -> String {
        let bytes = text.utf8.prefix(55).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A: byte
            case 0x61...0x7A: byte - 0x20
            default: 0x5F
            }
        }
        return "PUSHCART_\(String(decoding: bytes, as: UTF8.self))"
    }
}
