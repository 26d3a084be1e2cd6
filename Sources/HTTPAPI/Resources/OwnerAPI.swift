import Access
import Crypto
import Domain
import HTTPTypes
import Hummingbird
import JSON

/// All operations under `/api/v1`, with the document that describes them.
struct OwnerAPI: Sendable {
    let shop: Shop
    let endpoints: [Endpoint]

    init(shop: Shop) {
        self.shop = shop
        endpoints =
            ProductEndpoints(shop: shop).all + ContentEndpoints(shop: shop).all + OrderEndpoints(shop: shop).all + LinkEndpoints(shop: shop).all
            + RefundEndpoints(shop: shop).all
            + LedgerEndpoints(shop: shop).all
            + AuditEndpoints(shop: shop).all + StatusEndpoints(shop: shop).all + SettingsEndpoints(shop: shop).all + NetworkEndpoints(shop: shop).all
            + SessionEndpoints(shop: shop).all + PeopleEndpoints(shop: shop).all + KeyEndpoints(shop: shop).all
    }

    static let groups = [
        ("products", "What is for sale."), ("contents", "The bytes that are sold."), ("orders", "What was sold."),
        ("payments", "How the money came."), ("receipts", "What buyers keep."), ("entitlements", "What a wallet owns."),
        ("refunds", "What goes back to buyers."),
        ("ledger", "Every movement of money, in double entry."), ("audit", "Who did what and when, chained so that no change goes unnoticed."),
        ("status", "How the shop stands."), ("facilitators", "The ways to be paid."), ("settings", "What belongs to the shop."),
        ("networks", "The chains on which real money is taken."),
        ("sessions", "Signing in and what is one's own."), ("people", "Who works in the shop."), ("keys", "Keys with which programs call."),
    ]

    private static let schemas: [(String, JSONObject)] = [
        ("Product", ProductView.resource.schema), ("StoredContent", ContentEndpoints.kept.schema), ("Upload", ContentEndpoints.upload.schema),
        ("Order", SaleView.resource.schema), ("ProductName", SaleView.productResource.schema), ("Payment", PaymentView.resource.schema),
        ("PaymentHistory", PaymentHistory.resource.schema), ("PaymentStep", PaymentHistory.stepResource.schema),
        ("Refund", RefundView.resource.schema),
        ("LedgerLine", LedgerEndpoints.line.schema), ("LedgerAccount", LedgerEndpoints.account.schema),
        ("LedgerBalance", LedgerEndpoints.balance.schema), ("LedgerReport", LedgerEndpoints.report.schema),
        ("ChainCheckStep", LedgerEndpoints.step.schema),
        ("AuditEntry", AuditEndpoints.entry.schema), ("AuditVerdict", AuditEndpoints.verdict.schema), ("AuditHead", AuditEndpoints.head.schema),
        ("Entitlement", OrderEndpoints.entitlement.schema), ("LinkRevocation", LinkEndpoints.resource.schema),
        ("Status", StatusEndpoints.status.schema), ("PaymentWay", StatusEndpoints.way.schema),
        ("WriterLoad", StatusEndpoints.writer.schema), ("Sales", StatusEndpoints.salesResource.schema), ("SalesTotal", StatusEndpoints.total.schema),
        ("Settings", SettingsEndpoints.settings.schema), ("Network", NetworkEndpoints.resource.schema), ("Role", SettingsEndpoints.role.schema),
        ("SignedIn", SessionEndpoints.signedIn.schema), ("Session", SessionEndpoints.session.schema), ("Me", SessionEndpoints.me.schema),
        ("TwoStepOffer", SessionEndpoints.offer.schema), ("Person", PeopleEndpoints.resource.schema), ("SetupLink", PeopleEndpoints.link.schema),
        ("ErasurePlan", PeopleEndpoints.plan.schema), ("ErasureItem", PeopleEndpoints.planItem.schema), ("Key", KeyEndpoints.resource.schema),
    ]

    var document: OpenAPIDocument {
        OpenAPIDocument(version: shop.version, endpoints: endpoints, schemas: Self.schemas, groups: Self.groups)
    }

    func add(to router: Router<ShopContext>) {
        EndpointRoutes(shop: shop, endpoints: endpoints).add(to: router)
        ReferencePage(shop: shop, document: document).add(to: router)
        router.resource(
            "/.well-known/jwks.json",
            [.get: { _, _ in .json(shop.access.signingKeys.jwks().encoded(), headers: [.cacheControl: "public, max-age=300"]) }])
        let bytes = JSONValue.object(document.json).encoded()
        let etag = "\"\(lowercaseHex(Array(SHA256.hash(data: bytes).prefix(16))))\""
        router.resource(
            "/api/v1/openapi.json",
            [
                .get: { request, _ in
                    let headers: HTTPFields = [.eTag: etag, .cacheControl: "no-cache", .accessControlAllowOrigin: "*"]
                    guard request.headers[.ifNoneMatch] != etag else { return Response(status: .notModified, headers: headers) }
                    return .json(bytes, headers: headers)
                }
            ])
    }
}
