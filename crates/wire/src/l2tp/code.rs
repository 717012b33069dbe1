//! Numbers that RFC 2661 and RFC 3145 assign.

/// The vendor id of the AVPs that the IETF defines.
pub const VENDOR_IETF: u16 = 0;

/// Microsoft's vendor id, under which Windows sends its correlation id ([MS-L2TPIE] 2.2.1).
pub const VENDOR_MICROSOFT: u16 = 311;

code_points! {
    /// Control message types (RFC 2661 §3.2).
    pub struct MessageType(u16) {
        SCCRQ = 1 => "SCCRQ",
        SCCRP = 2 => "SCCRP",
        SCCCN = 3 => "SCCCN",
        STOP_CCN = 4 => "StopCCN",
        HELLO = 6 => "HELLO",
        OCRQ = 7 => "OCRQ",
        OCRP = 8 => "OCRP",
        OCCN = 9 => "OCCN",
        ICRQ = 10 => "ICRQ",
        ICRP = 11 => "ICRP",
        ICCN = 12 => "ICCN",
        CDN = 14 => "CDN",
        WEN = 15 => "WEN",
        SLI = 16 => "SLI",
    }
}

code_points! {
    /// Attribute types of the IETF's AVPs (RFC 2661 §4.4, RFC 3301, RFC 3145).
    pub struct Attribute(u16) {
        MESSAGE_TYPE = 0 => "Message Type",
        RESULT_CODE = 1 => "Result Code",
        PROTOCOL_VERSION = 2 => "Protocol Version",
        FRAMING_CAPABILITIES = 3 => "Framing Capabilities",
        BEARER_CAPABILITIES = 4 => "Bearer Capabilities",
        TIE_BREAKER = 5 => "Tie Breaker",
        FIRMWARE_REVISION = 6 => "Firmware Revision",
        HOST_NAME = 7 => "Host Name",
        VENDOR_NAME = 8 => "Vendor Name",
        ASSIGNED_TUNNEL_ID = 9 => "Assigned Tunnel ID",
        RECEIVE_WINDOW_SIZE = 10 => "Receive Window Size",
        CHALLENGE = 11 => "Challenge",
        Q931_CAUSE = 12 => "Q.931 Cause Code",
        CHALLENGE_RESPONSE = 13 => "Challenge Response",
        ASSIGNED_SESSION_ID = 14 => "Assigned Session ID",
        CALL_SERIAL_NUMBER = 15 => "Call Serial Number",
        MINIMUM_BPS = 16 => "Minimum BPS",
        MAXIMUM_BPS = 17 => "Maximum BPS",
        BEARER_TYPE = 18 => "Bearer Type",
        FRAMING_TYPE = 19 => "Framing Type",
        CALLED_NUMBER = 21 => "Called Number",
        CALLING_NUMBER = 22 => "Calling Number",
        SUB_ADDRESS = 23 => "Sub-Address",
        TX_CONNECT_SPEED = 24 => "Tx Connect Speed",
        PHYSICAL_CHANNEL_ID = 25 => "Physical Channel ID",
        INITIAL_LCP_CONFREQ = 26 => "Initial Received LCP CONFREQ",
        LAST_SENT_LCP_CONFREQ = 27 => "Last Sent LCP CONFREQ",
        LAST_RECEIVED_LCP_CONFREQ = 28 => "Last Received LCP CONFREQ",
        PROXY_AUTHEN_TYPE = 29 => "Proxy Authen Type",
        PROXY_AUTHEN_NAME = 30 => "Proxy Authen Name",
        PROXY_AUTHEN_CHALLENGE = 31 => "Proxy Authen Challenge",
        PROXY_AUTHEN_ID = 32 => "Proxy Authen ID",
        PROXY_AUTHEN_RESPONSE = 33 => "Proxy Authen Response",
        CALL_ERRORS = 34 => "Call Errors",
        ACCM = 35 => "ACCM",
        RANDOM_VECTOR = 36 => "Random Vector",
        PRIVATE_GROUP_ID = 37 => "Private Group ID",
        RX_CONNECT_SPEED = 38 => "Rx Connect Speed",
        SEQUENCING_REQUIRED = 39 => "Sequencing Required",
        RX_MINIMUM_BPS = 40 => "Rx Minimum BPS",
        RX_MAXIMUM_BPS = 41 => "Rx Maximum BPS",
        PPP_DISCONNECT_CAUSE = 46 => "PPP Disconnect Cause",
    }
}

code_points! {
    /// Result codes of StopCCN (RFC 2661 §4.4.2). The same numbers mean something else in a CDN: [`CallResult`].
    pub struct StopResult(u16) {
        GENERAL = 1 => "general request to clear control connection",
        ERROR = 2 => "general error, see error code",
        EXISTS = 3 => "control channel already exists",
        NOT_AUTHORIZED = 4 => "requester is not authorized",
        BAD_VERSION = 5 => "protocol version is not supported",
        SHUTTING_DOWN = 6 => "requester is being shut down",
        FSM_ERROR = 7 => "finite state machine error",
    }
}

code_points! {
    /// Result codes of CDN (RFC 2661 §4.4.2). The same numbers mean something else in a StopCCN: [`StopResult`].
    pub struct CallResult(u16) {
        LOST_CARRIER = 1 => "loss of carrier",
        ERROR = 2 => "general error, see error code",
        ADMINISTRATIVE = 3 => "administrative reasons",
        TEMPORARY_LACK = 4 => "temporary lack of facilities",
        PERMANENT_LACK = 5 => "permanent lack of facilities",
        INVALID_DESTINATION = 6 => "invalid destination",
        NO_CARRIER = 7 => "no carrier",
        BUSY = 8 => "busy",
        NO_DIAL_TONE = 9 => "no dial tone",
        TIMEOUT = 10 => "not established within the time allotted",
        BAD_FRAMING = 11 => "no appropriate framing",
    }
}

code_points! {
    /// General error codes, which both StopCCN and CDN carry (RFC 2661 §4.4.2).
    pub struct ErrorCode(u16) {
        NONE = 0 => "no general error",
        NO_CONTROL_CONNECTION = 1 => "no control connection exists yet",
        BAD_LENGTH = 2 => "length is wrong",
        BAD_VALUE = 3 => "field out of range or reserved field not zero",
        NO_RESOURCES = 4 => "insufficient resources",
        BAD_SESSION = 5 => "session id is invalid in this context",
        VENDOR = 6 => "vendor-specific error",
        TRY_ANOTHER = 7 => "try another LNS",
        UNKNOWN_MANDATORY_AVP = 8 => "unknown AVP with the mandatory bit",
    }
}

code_points! {
    /// How the LAC authenticated the caller before it handed the call over (RFC 2661 §4.4.5).
    pub struct ProxyAuthenType(u16) {
        TEXT = 1 => "textual exchange",
        CHAP = 2 => "CHAP",
        PAP = 3 => "PAP",
        NONE = 4 => "none",
        MS_CHAP_V1 = 5 => "MS-CHAPv1",
    }
}

code_points! {
    /// Why PPP ended, as AVP 46 tells it (RFC 3145 §3.1).
    pub struct DisconnectCode(u16) {
        NO_INFORMATION = 0 => "no information",
        ADMINISTRATIVE = 1 => "administrative disconnect",
        LCP_RENEGOTIATION_DISABLED = 2 => "LCP renegotiation disabled and no proxy LCP",
        NORMAL = 3 => "LCP Terminate-Request",
        ENCRYPTION_REFUSED = 4 => "compulsory encryption refused",
        LCP_TIMEOUT = 5 => "LCP timeout",
        NO_LCP = 6 => "no recognisable LCP packets",
        LOOPED_BACK = 7 => "magic number error, looped back",
        ECHO_TIMEOUT = 8 => "echo request timeout",
        UNEXPECTED_DISCRIMINATOR = 9 => "unexpected endpoint discriminator",
        UNEXPECTED_MRRU = 10 => "unexpected MRRU",
        UNEXPECTED_SHORT_SEQUENCE = 11 => "unexpected short sequence number option",
        CALLBACK_REFUSED = 12 => "compulsory callback refused",
        AUTHENTICATION_TIMEOUT = 13 => "authentication timeout",
        UNEXPECTED_NAME = 14 => "unexpected authenticated name",
        AUTHENTICATION_PROTOCOL = 15 => "authentication protocol unacceptable",
        AUTHENTICATION_FAILED = 16 => "authentication failed",
        NCP_TIMEOUT = 17 => "NCP timeout",
        NO_NCP = 18 => "no NCP available",
        NO_ACCEPTABLE_ADDRESS = 19 => "no acceptable address",
        ADDRESS_NOT_PERMITTED = 20 => "user may not use any address",
    }
}
