/// Under which name goods are saved: always a plain name in the current folder, whatever a shop says.
enum BuyFilename {
    static let maximumLength = 150

    /// From `Content-Disposition` (RFC 6266), else from the address and the media type.
    static func suggested(disposition: String?, url: BuyURL, mediaType: String?) -> String {
        if let name = disposition.flatMap(parameter).flatMap(sanitised) { return name }
        let last = url.path.split(separator: "/").last.map(String.init) ?? ""
        let name = sanitised(unescaped(last) ?? last) ?? "goods"
        guard !name.contains("."), let type = mediaType?.prefix(while: { $0 != ";" && $0 != " " }).lowercased(), let ending = endings[type] else {
            return name
        }
        return "\(name).\(ending)"
    }

    /// A base name without anything that a shell, a terminal or a file system could stumble over; nil when nothing is left.
    static func sanitised(_ text: String) -> String? {
        let base = text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? []
        var name = BuyText.plain(String(String.UnicodeScalarView(base)), limit: 400)
        name.removeAll { "<>:\"|?*".contains($0) }
        // No hidden files, and none that looks like an option.
        name = String(name.drop { $0 == "." || $0 == "-" || $0 == " " })
        while let last = name.last, last == "." || last == " " { name.removeLast() }
        guard !name.isEmpty else { return nil }
        return shortened(name)
    }

    /// `name.ext`, then `name (1).ext` and so on.
    static func numbered(_ name: String, _ number: Int) -> String {
        guard number > 0 else { return name }
        let (stem, ending) = parts(name)
        return "\(stem) (\(number))\(ending)"
    }

    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > maximumLength else { return name }
        var (stem, ending) = parts(name)
        if ending.utf8.count > 20 { (stem, ending) = (name, "") }
        while stem.utf8.count + ending.utf8.count > maximumLength { stem.removeLast() }
        return stem + ending
    }

    private static func parts(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }

    /// The file name in a `Content-Disposition`, `filename*` before `filename`.
    private static func parameter(_ disposition: String) -> String? {
        let parameters = HeaderParameters(disposition).parameters
        if let extended = parameters["filename*"] {
            let parts = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3, parts[0].lowercased() == "utf-8", let name = unescaped(String(parts[2])) { return name }
        }
        return parameters["filename"]
    }

    /// Nil for a wrong escape and for what is no UTF-8 afterwards.
    private static func unescaped(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static let endings = [
        "text/markdown": "md", "text/plain": "txt", "text/html": "html", "text/csv": "csv", "application/json": "json", "application/pdf": "pdf",
        "application/zip": "zip", "application/epub+zip": "epub", "image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg",
        "audio/mpeg": "mp3", "audio/flac": "flac", "video/mp4": "mp4",
    ]
}
