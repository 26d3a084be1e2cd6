import Domain
import JSON

/// What is stored of a person, as JSON for the person.
enum PersonalJSON {
    static func of(_ person: Person, recoveryCodesLeft: Int) -> JSONValue {
        [
            "id": .integer(person.id), "email": .string(person.email), "name": .string(person.name), "notes": .string(person.notes),
            "role": .string(person.role.rawValue), "state": .string(person.state.rawValue), "has_password": .bool(person.hasPassword),
            "has_two_step": .bool(person.hasTwoStep), "recovery_codes_left": .integer(recoveryCodesLeft), "created_at": moment(person.createdAt),
            "updated_at": moment(person.updatedAt), "signed_in_at": moment(person.signedInAt),
        ]
    }

    static func of(_ session: Session) -> JSONValue {
        [
            "id": .integer(session.id), "user_agent": .string(session.device.userAgent), "address": .string(session.device.address),
            "created_at": moment(session.createdAt), "seen_at": moment(session.seenAt), "expires_at": moment(session.expiresAt),
            "ended_at": moment(session.endedAt), "ending": session.ending.map { .string($0.rawValue) } ?? .null,
        ]
    }

    static func of(_ key: APIKey) -> JSONValue {
        [
            "id": .integer(key.id), "prefix": .string(key.prefix), "name": .string(key.terms.name), "role": .string(key.terms.role.rawValue),
            "created_at": moment(key.createdAt), "used_at": moment(key.usedAt), "revoked_at": moment(key.revokedAt),
        ]
    }

    static func of(_ event: Event) -> JSONValue {
        [
            "sequence": .integer(event.sequence), "kind": .string(event.kind.rawValue), "subject": .integer(event.subject),
            "actor": .string(event.actor), "at": moment(event.at),
        ]
    }

    private static func moment(_ at: Timestamp?) -> JSONValue { at.map { .string($0.iso8601) } ?? .null }
}
