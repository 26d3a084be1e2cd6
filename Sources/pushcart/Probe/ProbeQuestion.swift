/// A request that a probe makes; none ever carries a signature of anybody.
struct ProbeQuestion: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case options = "OPTIONS"
        case post = "POST"
    }

    var method = Method.get
    let url: BuyURL
    var headers: [(name: String, value: String)] = []
}
