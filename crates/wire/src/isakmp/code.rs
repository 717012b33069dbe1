crate::code_points! {
    /// Payload types (RFC 2408 §3.1, RFC 3947 §3.2; the private numbers of earlier drafts and of [MS-IKEE]).
    pub struct PayloadType(u8) {
        NONE = 0 => "none",
        SA = 1 => "SA",
        PROPOSAL = 2 => "proposal",
        TRANSFORM = 3 => "transform",
        KEY_EXCHANGE = 4 => "key exchange",
        IDENTIFICATION = 5 => "identification",
        CERTIFICATE = 6 => "certificate",
        CERTIFICATE_REQUEST = 7 => "certificate request",
        HASH = 8 => "hash",
        SIGNATURE = 9 => "signature",
        NONCE = 10 => "nonce",
        NOTIFICATION = 11 => "notification",
        DELETE = 12 => "delete",
        VENDOR_ID = 13 => "vendor ID",
        MODE_CONFIG = 14 => "mode config attributes",
        NAT_D = 20 => "NAT-D",
        NAT_OA = 21 => "NAT-OA",
        NAT_D_DRAFT = 130 => "NAT-D (draft)",
        NAT_OA_DRAFT = 131 => "NAT-OA (draft)",
        FRAGMENT = 132 => "fragment",
    }
}

crate::code_points! {
    /// Exchange types (RFC 2408 §3.1, RFC 2409 §5, RFC 7296 §3.1, Windows AuthIP).
    pub struct ExchangeType(u8) {
        BASE = 1 => "base",
        MAIN_MODE = 2 => "main mode",
        AUTHENTICATION_ONLY = 3 => "authentication only",
        AGGRESSIVE = 4 => "aggressive mode",
        INFORMATIONAL = 5 => "informational",
        TRANSACTION = 6 => "mode config",
        QUICK_MODE = 32 => "quick mode",
        NEW_GROUP_MODE = 33 => "new group mode",
        IKE_SA_INIT = 34 => "IKE_SA_INIT",
        IKE_AUTH = 35 => "IKE_AUTH",
        CREATE_CHILD_SA = 36 => "CREATE_CHILD_SA",
        IKEV2_INFORMATIONAL = 37 => "IKEv2 informational",
        AUTHIP_MAIN_MODE = 243 => "AuthIP main mode",
        AUTHIP_QUICK_MODE = 244 => "AuthIP quick mode",
        AUTHIP_EXTENDED_MODE = 245 => "AuthIP extended mode",
        AUTHIP_NOTIFY = 246 => "AuthIP notify",
        AUTHIP_GSS_API = 247 => "AuthIP GSS-API",
    }
}

crate::code_points! {
    /// Domains of interpretation (RFC 2408 §2.1, RFC 2407 §4.2).
    pub struct Doi(u32) {
        ISAKMP = 0 => "ISAKMP",
        IPSEC = 1 => "IPsec",
        GDOI = 2 => "GDOI",
    }
}

crate::code_points! {
    /// Security protocols (RFC 2407 §4.4.1).
    pub struct ProtocolId(u8) {
        ISAKMP = 1 => "ISAKMP",
        AH = 2 => "AH",
        ESP = 3 => "ESP",
        IPCOMP = 4 => "IPComp",
    }
}

crate::code_points! {
    /// Identification types (RFC 2407 §4.6.2.1).
    pub struct IdType(u8) {
        IPV4_ADDR = 1 => "ID_IPV4_ADDR",
        FQDN = 2 => "ID_FQDN",
        USER_FQDN = 3 => "ID_USER_FQDN",
        IPV4_ADDR_SUBNET = 4 => "ID_IPV4_ADDR_SUBNET",
        IPV6_ADDR = 5 => "ID_IPV6_ADDR",
        IPV6_ADDR_SUBNET = 6 => "ID_IPV6_ADDR_SUBNET",
        IPV4_ADDR_RANGE = 7 => "ID_IPV4_ADDR_RANGE",
        IPV6_ADDR_RANGE = 8 => "ID_IPV6_ADDR_RANGE",
        DER_ASN1_DN = 9 => "ID_DER_ASN1_DN",
        DER_ASN1_GN = 10 => "ID_DER_ASN1_GN",
        KEY_ID = 11 => "ID_KEY_ID",
    }
}

crate::code_points! {
    /// Notify message types (RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5, [MS-IKEE] §2.2.6).
    pub struct NotifyType(u16) {
        INVALID_PAYLOAD_TYPE = 1 => "INVALID-PAYLOAD-TYPE",
        DOI_NOT_SUPPORTED = 2 => "DOI-NOT-SUPPORTED",
        SITUATION_NOT_SUPPORTED = 3 => "SITUATION-NOT-SUPPORTED",
        INVALID_COOKIE = 4 => "INVALID-COOKIE",
        INVALID_MAJOR_VERSION = 5 => "INVALID-MAJOR-VERSION",
        INVALID_MINOR_VERSION = 6 => "INVALID-MINOR-VERSION",
        INVALID_EXCHANGE_TYPE = 7 => "INVALID-EXCHANGE-TYPE",
        INVALID_FLAGS = 8 => "INVALID-FLAGS",
        INVALID_MESSAGE_ID = 9 => "INVALID-MESSAGE-ID",
        INVALID_PROTOCOL_ID = 10 => "INVALID-PROTOCOL-ID",
        INVALID_SPI = 11 => "INVALID-SPI",
        INVALID_TRANSFORM_ID = 12 => "INVALID-TRANSFORM-ID",
        ATTRIBUTES_NOT_SUPPORTED = 13 => "ATTRIBUTES-NOT-SUPPORTED",
        NO_PROPOSAL_CHOSEN = 14 => "NO-PROPOSAL-CHOSEN",
        BAD_PROPOSAL_SYNTAX = 15 => "BAD-PROPOSAL-SYNTAX",
        PAYLOAD_MALFORMED = 16 => "PAYLOAD-MALFORMED",
        INVALID_KEY_INFORMATION = 17 => "INVALID-KEY-INFORMATION",
        INVALID_ID_INFORMATION = 18 => "INVALID-ID-INFORMATION",
        INVALID_CERT_ENCODING = 19 => "INVALID-CERT-ENCODING",
        INVALID_CERTIFICATE = 20 => "INVALID-CERTIFICATE",
        CERT_TYPE_UNSUPPORTED = 21 => "CERT-TYPE-UNSUPPORTED",
        INVALID_CERT_AUTHORITY = 22 => "INVALID-CERT-AUTHORITY",
        INVALID_HASH_INFORMATION = 23 => "INVALID-HASH-INFORMATION",
        AUTHENTICATION_FAILED = 24 => "AUTHENTICATION-FAILED",
        INVALID_SIGNATURE = 25 => "INVALID-SIGNATURE",
        ADDRESS_NOTIFICATION = 26 => "ADDRESS-NOTIFICATION",
        NOTIFY_SA_LIFETIME = 27 => "NOTIFY-SA-LIFETIME",
        CERTIFICATE_UNAVAILABLE = 28 => "CERTIFICATE-UNAVAILABLE",
        UNSUPPORTED_EXCHANGE_TYPE = 29 => "UNSUPPORTED-EXCHANGE-TYPE",
        UNEQUAL_PAYLOAD_LENGTHS = 30 => "UNEQUAL-PAYLOAD-LENGTHS",
        CONNECTED = 16384 => "CONNECTED",
        RESPONDER_LIFETIME = 24576 => "RESPONDER-LIFETIME",
        REPLAY_STATUS = 24577 => "REPLAY-STATUS",
        INITIAL_CONTACT = 24578 => "INITIAL-CONTACT",
        R_U_THERE = 36136 => "R-U-THERE",
        R_U_THERE_ACK = 36137 => "R-U-THERE-ACK",
        MS_STATUS = 0x9c43 => "NOTIFY_STATUS (Microsoft)",
        MS_DOS_COOKIE = 0x9c44 => "NOTIFY_DOS_COOKIE (Microsoft)",
        MS_EXCHANGE_INFO = 0x9c45 => "EXCHANGE_INFO (Microsoft)",
    }
}

impl NotifyType {
    /// Whether the type is in the range of errors (RFC 2408 §3.14.1), Microsoft's status included.
    pub const fn is_error(self) -> bool {
        self.0 < 16384 || self.0 == NotifyType::MS_STATUS.0
    }
}

crate::code_points! {
    /// Attribute classes of a phase 1 transform (RFC 2409 appendix A).
    pub struct Phase1Attribute(u16) {
        ENCRYPTION = 1 => "encryption algorithm",
        HASH = 2 => "hash algorithm",
        AUTHENTICATION_METHOD = 3 => "authentication method",
        GROUP_DESCRIPTION = 4 => "group description",
        GROUP_TYPE = 5 => "group type",
        LIFE_TYPE = 11 => "life type",
        LIFE_DURATION = 12 => "life duration",
        PRF = 13 => "PRF",
        KEY_LENGTH = 14 => "key length",
        FIELD_SIZE = 15 => "field size",
        GROUP_ORDER = 16 => "group order",
    }
}

crate::code_points! {
    /// Encryption algorithms of phase 1 (RFC 2409 appendix A, RFC 3602).
    pub struct Encryption(u16) {
        DES_CBC = 1 => "DES-CBC",
        IDEA_CBC = 2 => "IDEA-CBC",
        BLOWFISH_CBC = 3 => "Blowfish-CBC",
        RC5_CBC = 4 => "RC5-CBC",
        TRIPLE_DES_CBC = 5 => "3DES-CBC",
        CAST_CBC = 6 => "CAST-CBC",
        AES_CBC = 7 => "AES-CBC",
        CAMELLIA_CBC = 8 => "Camellia-CBC",
    }
}

crate::code_points! {
    /// Hash algorithms of phase 1 (RFC 2409 appendix A, RFC 4868).
    pub struct HashNumber(u16) {
        MD5 = 1 => "MD5",
        SHA1 = 2 => "SHA1",
        TIGER = 3 => "Tiger",
        SHA2_256 = 4 => "SHA2-256",
        SHA2_384 = 5 => "SHA2-384",
        SHA2_512 = 6 => "SHA2-512",
    }
}

crate::code_points! {
    /// Authentication methods (RFC 2409 appendix A, XAUTH).
    pub struct AuthMethod(u16) {
        PRE_SHARED_KEY = 1 => "pre-shared key",
        DSS_SIGNATURE = 2 => "DSS signature",
        RSA_SIGNATURE = 3 => "RSA signature",
        RSA_ENCRYPTION = 4 => "RSA encryption",
        REVISED_RSA_ENCRYPTION = 5 => "revised RSA encryption",
        ECDSA_256 = 9 => "ECDSA P-256",
        ECDSA_384 = 10 => "ECDSA P-384",
        ECDSA_521 = 11 => "ECDSA P-521",
        HYBRID_RSA = 64221 => "hybrid RSA (XAUTH)",
        XAUTH_PRE_SHARED_KEY = 65001 => "pre-shared key (XAUTH)",
        XAUTH_RSA = 65005 => "RSA signature (XAUTH)",
    }
}

crate::code_points! {
    /// Diffie-Hellman groups (RFC 2409 §6, RFC 3526, RFC 5903, RFC 5114).
    pub struct GroupNumber(u16) {
        MODP768 = 1 => "MODP768",
        MODP1024 = 2 => "MODP1024",
        MODP1536 = 5 => "MODP1536",
        MODP2048 = 14 => "MODP2048",
        MODP3072 = 15 => "MODP3072",
        MODP4096 = 16 => "MODP4096",
        MODP6144 = 17 => "MODP6144",
        MODP8192 = 18 => "MODP8192",
        ECP256 = 19 => "ECP256",
        ECP384 = 20 => "ECP384",
        ECP521 = 21 => "ECP521",
        MODP1024_160 = 22 => "MODP1024 with 160-bit subgroup",
        MODP2048_224 = 23 => "MODP2048 with 224-bit subgroup",
        MODP2048_256 = 24 => "MODP2048 with 256-bit subgroup",
        CURVE25519 = 31 => "Curve25519",
    }
}

crate::code_points! {
    /// Units of a lifetime, the same numbers in both phases (RFC 2409 appendix A, RFC 2407 §4.5).
    pub struct LifeType(u16) {
        SECONDS = 1 => "seconds",
        KILOBYTES = 2 => "kilobytes",
    }
}

crate::code_points! {
    /// A transform's identifier; its meaning depends on the proposal's protocol. In phase 1 only KEY_IKE is defined; for ESP
    /// see [`EspTransform`].
    pub struct TransformId(u8) {
        KEY_IKE = 1 => "KEY_IKE",
    }
}

crate::code_points! {
    /// ESP transform identifiers (RFC 2407 §4.4.4, RFC 3602, RFC 4106, RFC 4543).
    pub struct EspTransform(u8) {
        DES_IV64 = 1 => "DES-IV64",
        DES = 2 => "DES-CBC",
        TRIPLE_DES = 3 => "3DES-CBC",
        RC5 = 4 => "RC5",
        IDEA = 5 => "IDEA",
        CAST = 6 => "CAST",
        BLOWFISH = 7 => "Blowfish",
        NULL = 11 => "NULL",
        AES_CBC = 12 => "AES-CBC",
        AES_CTR = 13 => "AES-CTR",
        AES_CCM_8 = 14 => "AES-CCM-8",
        AES_CCM_12 = 15 => "AES-CCM-12",
        AES_CCM_16 = 16 => "AES-CCM-16",
        AES_GCM_8 = 18 => "AES-GCM-8",
        AES_GCM_12 = 19 => "AES-GCM-12",
        AES_GCM_16 = 20 => "AES-GCM-16",
        CAMELLIA = 22 => "Camellia-CBC",
        NULL_AES_GMAC = 23 => "NULL with AES-GMAC",
    }
}

crate::code_points! {
    /// Attribute classes of a phase 2 transform (RFC 2407 §4.5, RFC 4304 for 11).
    pub struct ChildAttribute(u16) {
        LIFE_TYPE = 1 => "life type",
        LIFE_DURATION = 2 => "life duration",
        GROUP_DESCRIPTION = 3 => "group description",
        ENCAPSULATION_MODE = 4 => "encapsulation mode",
        AUTHENTICATION_ALGORITHM = 5 => "authentication algorithm",
        KEY_LENGTH = 6 => "key length",
        KEY_ROUNDS = 7 => "key rounds",
        COMPRESS_DICTIONARY_SIZE = 8 => "compress dictionary size",
        COMPRESS_PRIVATE_ALGORITHM = 9 => "compress private algorithm",
        ECN_TUNNEL = 10 => "ECN tunnel",
        EXTENDED_SEQUENCE_NUMBER = 11 => "extended sequence number",
    }
}

crate::code_points! {
    /// Encapsulation modes (RFC 2407 §4.5, RFC 3947 §5.1, and the private numbers of its drafts).
    pub struct EncapsulationMode(u16) {
        TUNNEL = 1 => "tunnel",
        TRANSPORT = 2 => "transport",
        UDP_TUNNEL = 3 => "UDP-encapsulated tunnel",
        UDP_TRANSPORT = 4 => "UDP-encapsulated transport",
        UDP_TUNNEL_DRAFT = 61443 => "UDP-encapsulated tunnel (draft)",
        UDP_TRANSPORT_DRAFT = 61444 => "UDP-encapsulated transport (draft)",
    }
}

crate::code_points! {
    /// Authentication algorithms of phase 2 (RFC 2407 §4.5, RFC 4868).
    pub struct AuthAlgorithm(u16) {
        HMAC_MD5 = 1 => "HMAC-MD5",
        HMAC_SHA1 = 2 => "HMAC-SHA1",
        DES_MAC = 3 => "DES-MAC",
        KPDK = 4 => "KPDK",
        HMAC_SHA2_256 = 5 => "HMAC-SHA2-256",
        HMAC_SHA2_384 = 6 => "HMAC-SHA2-384",
        HMAC_SHA2_512 = 7 => "HMAC-SHA2-512",
        HMAC_RIPEMD = 8 => "HMAC-RIPEMD",
        AES_XCBC_MAC = 9 => "AES-XCBC-MAC",
    }
}

crate::code_points! {
    /// Certificate encodings (RFC 2408 §3.9).
    pub struct CertEncoding(u8) {
        NONE = 0 => "none",
        PKCS7 = 1 => "PKCS #7",
        PGP = 2 => "PGP",
        DNS_SIGNED_KEY = 3 => "DNS signed key",
        X509_SIGNATURE = 4 => "X.509 certificate, signature",
        X509_KEY_EXCHANGE = 5 => "X.509 certificate, key exchange",
        KERBEROS_TOKENS = 6 => "Kerberos tokens",
        CRL = 7 => "certificate revocation list",
        ARL = 8 => "authority revocation list",
        SPKI = 9 => "SPKI",
        X509_ATTRIBUTE = 10 => "X.509 attribute certificate",
    }
}
