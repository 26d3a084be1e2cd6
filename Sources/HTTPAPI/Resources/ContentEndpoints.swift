public import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
public import NIOCore

/// The bytes of products, taken in before the products that sell them: whole, or in parts that can be resumed.
struct ContentEndpoints: Sendable {
    let shop: Shop

    struct Kept: Sendable {
        let digest: ContentDigest
        let length: Int64
    }

    static let kept = JSONResource<Kept, Void>(
        "StoredContent", draft: {},
        [
            JSONMember("sha256", .digest, "SHA-256 of the bytes, by which a product names them.", get: \.digest),
            JSONMember("length", .integer(), "How many bytes.") { Int($0.length) },
        ])

    struct UploadDraft: Sendable {
        var length: Int?
    }

    static let upload = JSONResource<Upload, UploadDraft>(
        "Upload", draft: { UploadDraft() },
        [
            JSONMember("id", .text(), "Its id.", get: \.id),
            JSONMember(
                "length", .integer(1...UploadStore.maximumLength), "How many bytes there will be.", example: 4, create: .required, edit: false,
                get: { Int($0.length) }, set: \.length),
            JSONMember("offset", .integer(), "How many have arrived; go on here.") { Int($0.offset) },
            JSONMember(
                "content", kept.type, "What it has become, once whole.",
                find: { upload in
                    upload.digest.map { Kept(digest: $0, length: upload.length) }
                }),
        ])

    private static let id = EndpointParameter.path("id", "The upload's id.", pattern: "^[0-9a-f]{32}$", example: "0123456789abcdef0123456789abcdef")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .post, path: "/contents", id: "contents.create", summary: "Send the bytes of a product in one go",
                details: "Of any length. The same bytes again change nothing.", access: .permission(.productsWrite),
                body: .bytes("The bytes."), answers: [.stored("StoredContent", "They are kept.")], refusals: [Self.diskFull]
            ) { call in try await receive(call) },
            Endpoint(
                method: .post, path: "/uploads", id: "contents.begin", summary: "Begin to send bytes in parts",
                details: "Unfinished uploads are forgotten after a day without a part.", access: .permission(.productsWrite),
                body: .json(Self.upload.creationSchema, example: ["length": 4]), answers: [.created("Upload", "Send the first part now.")],
                refusals: [(.conflict, "Too many uploads are unfinished.")]
            ) { call in try await begin(call) },
            Endpoint(
                method: .get, path: "/uploads/{id}", id: "contents.upload", summary: "Show how far an upload is", access: .permission(.productsWrite),
                parameters: [Self.id], answers: [.ok("Upload", "The upload.")]
            ) { call in
                guard let upload = try await shop.uploads.find(call.path("id")) else { throw Self.missing }
                return EndpointAnswer(Self.upload.write(upload)).response
            },
            Endpoint(
                method: .patch, path: "/uploads/{id}", id: "contents.append", summary: "Send the next part",
                details: "`Upload-Offset` says where the part begins: the `offset` of the answer before. The last part makes the content.",
                access: .permission(.productsWrite),
                parameters: [
                    Self.id,
                    EndpointParameter(
                        name: "Upload-Offset", place: .header,
                        schema: ["type": "integer", "minimum": 0, "maximum": .integer(UploadStore.maximumLength)], summary: "Where the part begins.",
                        example: 0, isRequired: true),
                ], body: .bytes("The part."), answers: [.ok("Upload", "The upload; with `content` once it is whole.")],
                refusals: [(.conflict, "The part does not begin where the last one ended, or goes beyond the length."), Self.diskFull]
            ) { call in try await append(call) },
            Endpoint(
                method: .delete, path: "/uploads/{id}", id: "contents.cancel", summary: "Forget an upload", access: .permission(.productsWrite),
                parameters: [Self.id], answers: [.done("It is gone.")]
            ) { call in try await cancel(call) },
        ]
    }

    private static let missing = Problem(.notFound, "There is no such upload, or not any more.")
    private static let diskFull: (HTTPResponse.Status, String) = (.init(code: 507, reasonPhrase: "Insufficient Storage"), "The disk is full.")

    private func receive(_ call: EndpointCall) async throws -> Response {
        var incoming = try shop.catalogue.contents.receive()
        for try await chunk in call.request.body { try chunk.withUnsafeReadableBytes { try incoming.append($0) } }
        let (digest, length) = try shop.catalogue.contents.keep(incoming)
        return EndpointAnswer(
            Self.kept.write(Kept(digest: digest, length: length)), status: .created
        ).response
    }

    private func begin(_ call: EndpointCall) async throws -> Response {
        let (draft, problems) = Self.upload.readCreation(try call.json())
        guard problems.isEmpty, let length = draft.length else { throw Problem.invalid(problems) }
        // Uploads are files: the key names the file, so that a crash before the note leaves nothing that is begun twice.
        let answer: @Sendable (Upload?) -> EndpointAnswer? = { upload in
            upload.map { EndpointAnswer(Self.upload.write($0), status: .created, headers: [.location: "/api/v1/uploads/\($0.id)"]) }
        }
        guard let answer = answer(try await shop.uploads.begin(length: Int64(length), named: call.memory?.name, noting: call.note(answer))) else {
            throw Problem(.conflict, "There are \(UploadStore.maximumCount) unfinished uploads; finish or delete one.", kind: "too-many-uploads")
        }
        return answer.response
    }

    private func cancel(_ call: EndpointCall) async throws -> Response {
        guard try await shop.uploads.cancel(call.path("id"), noting: call.note { _ in .empty }) else { throw Self.missing }
        return EndpointAnswer.empty.response
    }

    private func append(_ call: EndpointCall) async throws -> Response {
        guard let text = call.request.headers[.uploadOffset], text.utf8.count <= 15, let offset = Int64(text), offset >= 0 else {
            throw Problem(.badRequest, "Send Upload-Offset, the number of bytes that have arrived before this part.")
        }
        switch try await shop.uploads.append(call.path("id"), at: offset, call.request.body) {
        case .appended(let upload): return EndpointAnswer(Self.upload.write(upload)).response
        case .missing: throw Self.missing
        case .elsewhere(let upload):
            throw Problem(
                .conflict, "\(upload.offset) of \(upload.length) bytes have arrived; go on there, with Upload-Offset: \(upload.offset).",
                kind: "upload-offset")
        case .tooLong: throw Problem(.conflict, "The part goes beyond the length that was announced; nothing of it was kept.", kind: "upload-length")
        case .busy: throw Problem(.conflict, "Another part of this upload is arriving just now.", headers: [.retryAfter: "1"], kind: "upload-busy")
        }
    }
}

extension ByteBuffer: ContentPart {}
