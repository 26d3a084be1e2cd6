/// A payment service that the owner chose, and what it knows the shop by.
public struct PaymentService: Sendable {
    public let address: FacilitatorAddress
    let credential: FacilitatorCredential?

    public init(address: FacilitatorAddress, credential: FacilitatorCredential?) {
        self.address = address
        self.credential = credential
    }
}
