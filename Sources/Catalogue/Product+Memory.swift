public import Domain

extension Product {
    /// What a product's texts and lists take on the heap, about: each its bytes and 32 for its header.
    public var heapBytes: Int {
        let texts =
            [slug.text, title, summary, content.mediaType, content.fileName] + tags + (api.map { [$0.upstream.description, $0.routesText] } ?? [])
        return texts.reduce((api.map { 200 * ($0.routes.count + 2) } ?? 0) + 32 + tags.count * MemoryLayout<String>.stride + 64) {
            $0 + $1.utf8.count + 32
        }
    }
}
