import HTTPTypes
public import Hummingbird
import Payments

extension Shop {
    /// What the public listener serves.
    public var publicRouter: Router<ShopContext> {
        router
    }

    /// What the control socket serves: the same; whoever may open it is the owner.
    public var controlRouter: Router<ShopContext> { router }

    /// What a listener of its own gives to whoever reaches it: measurements and nothing else.
    public var metricsRouter: Router<ShopContext> {
        let router = Router(context: ShopContext.self)
        router.add(middleware: FrontMiddleware(shop: self, ids: RequestIDs()))
        router.add(middleware: FaultMiddleware(shop: self))
        router.resource("/metrics", [.get: { _, _ in MetricsRoutes(shop: self).answer }])
        return router
    }

    private var router: Router<ShopContext> {
        let router = Router(context: ShopContext.self)
        router.add(middleware: FrontMiddleware(shop: self, ids: RequestIDs()))
        router.add(middleware: FaultMiddleware(shop: self))
        for door in [ShopDoor.goods, .practice] { ProductRoutes(shop: self, door: door).add(to: router) }
        PageRoutes(shop: self).add(to: router)
        FacilitatorRoutes(shop: self).add(to: router)
        DiscoveryRoutes(shop: self).add(to: router)
        HealthRoutes(shop: self).add(to: router)
        OwnerAPI(shop: self).add(to: router)
        SetupPage(shop: self).add(to: router)
        MetricsRoutes(shop: self).add(to: router)
        return router
    }
}
