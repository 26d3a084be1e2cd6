import HTTPTypes
public import Hummingbird

extension Shop {
    /// What the public listener serves.
    public var publicRouter: Router<ShopContext> {
        let router = router
        router.resource("/api/v1/**", Dictionary(uniqueKeysWithValues: Self.managementMethods.map { ($0, Self.closed) }))
        return router
    }

    /// What the control socket serves: the same and, because whoever may open it is the owner, the management of the shop.
    public var controlRouter: Router<ShopContext> {
        let router = router
        ManagementRoutes(shop: self).add(to: router)
        return router
    }

    private var router: Router<ShopContext> {
        let router = Router(context: ShopContext.self)
        router.add(middleware: FaultMiddleware(shop: self))
        ProductRoutes(shop: self).add(to: router)
        PageRoutes(shop: self).add(to: router)
        DiscoveryRoutes(shop: self).add(to: router)
        HealthRoutes(shop: self).add(to: router)
        return router
    }

    private static let managementMethods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]

    private static let closed: @Sendable (Request, ShopContext) async throws -> Response = { _, _ in
        throw Problem(
            .unauthorized, "This address is for the owner; use the pushcart command on the shop's machine.", headers: [.wwwAuthenticate: "Bearer"])
    }
}
