import JSON

/// What came of asking a payment service.
enum FacilitatorReply: Sendable {
    /// It answered, in the words of the protocol as far as can be seen.
    case said(JSONObject, isRefusal: Bool)
    /// Nothing of the request was sent: no address, no connection, no TLS. Somebody else may be asked.
    case notArrived(String)
    /// Sent or perhaps sent, and no answer that can be believed.
    case unclear(String)
}
