import Catalogue
import Crypto
import Domain
import HTTPTypes
import Hummingbird
import Mustache
import Payments
import Storage

/// The pages that people see, from the templates beside this file.
struct Pages: Sendable {
    static let shared = Pages()

    private let library: MustacheLibrary
    let style: String
    let setupScript = String(decoding: PackageResources.setup_js, as: UTF8.self)
    let referenceScript = String(decoding: PackageResources.reference_js, as: UTF8.self)
    let styleVersion: String

    private init() {
        var library = MustacheLibrary()
        let templates: [(String, [UInt8])] = [
            ("layout", PackageResources.layout_mustache), ("mark", PackageResources.mark_mustache),
            ("agents", PackageResources.agents_mustache), ("storefront", PackageResources.storefront_mustache),
            ("product", PackageResources.product_mustache), ("article", PackageResources.article_mustache),
            ("receipt", PackageResources.receipt_mustache), ("error", PackageResources.error_mustache),
            ("setup", PackageResources.setup_mustache), ("reference", PackageResources.reference_mustache),
        ]
        for (name, bytes) in templates {
            do { try library.register(String(decoding: bytes, as: UTF8.self), named: name) } catch {
                preconditionFailure("the template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
        style = String(decoding: PackageResources.style_css, as: UTF8.self)
        styleVersion = String(SHA256.hash(data: PackageResources.style_css).map { lowercaseHex([$0]) }.joined().prefix(8))
    }

    /// What a page may do: load our own style sheet and show pictures; no script runs, nobody frames it, and it asks for no device.
    static let security: HTTPFields = [
        .contentSecurityPolicy:
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff", .xFrameOptions: "DENY", .referrerPolicy: "same-origin", .crossOriginOpenerPolicy: "same-origin",
        .permissionsPolicy: "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ]

    /// For pages with a script of ours.
    static let scriptPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

    static let headers: HTTPFields = {
        var headers = security
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        return headers
    }()

    /// What the layout of every page shows.
    struct Frame {
        let shopName: String
        let styleVersion: String
        let practice: Bool
        let openingSoon: Bool
        let canonicalURL: String
    }

    func frame(_ shop: Shop, path: String) -> Frame {
        Frame(
            shopName: shop.settings.name, styleVersion: styleVersion, practice: shop.isPractice, openingSoon: shop.opensSoon,
            canonicalURL: shop.origin + path)
    }

    func setup(_ shop: Shop) throws -> String { try render("setup", frame(shop, path: "/setup")) }

    /// - Throws: `Problem` 500 when a template is missing, which a test rules out.
    func render(_ template: String, _ page: Any) throws -> String {
        guard let html = library.render(page, withTemplate: template) else { throw Problem(.internalServerError, "The page cannot be shown.") }
        return html
    }
}

/// Sizes for people, such as `3.2 MB`.
func sizeText(_ bytes: Int64) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    var value = bytes
    for unit in ["KB", "MB", "GB", "TB"] {
        // Tenths, rounded, in whole numbers.
        let tenths = (value + 50) / 100
        if tenths < 10_000 || unit == "TB" {
            return tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        value /= 1000
    }
    return "\(bytes) bytes"
}
