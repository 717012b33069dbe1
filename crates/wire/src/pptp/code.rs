code_points! {
    /// Types of control messages (RFC 2637 §2).
    pub struct MessageType(u16) {
        START_REQUEST = 1 => "Start-Control-Connection-Request",
        START_REPLY = 2 => "Start-Control-Connection-Reply",
        STOP_REQUEST = 3 => "Stop-Control-Connection-Request",
        STOP_REPLY = 4 => "Stop-Control-Connection-Reply",
        ECHO_REQUEST = 5 => "Echo-Request",
        ECHO_REPLY = 6 => "Echo-Reply",
        OUTGOING_CALL_REQUEST = 7 => "Outgoing-Call-Request",
        OUTGOING_CALL_REPLY = 8 => "Outgoing-Call-Reply",
        INCOMING_CALL_REQUEST = 9 => "Incoming-Call-Request",
        INCOMING_CALL_REPLY = 10 => "Incoming-Call-Reply",
        INCOMING_CALL_CONNECTED = 11 => "Incoming-Call-Connected",
        CALL_CLEAR_REQUEST = 12 => "Call-Clear-Request",
        CALL_DISCONNECT_NOTIFY = 13 => "Call-Disconnect-Notify",
        WAN_ERROR_NOTIFY = 14 => "WAN-Error-Notify",
        SET_LINK_INFO = 15 => "Set-Link-Info",
    }
}

code_points! {
    /// Results of Start-Control-Connection-Reply (RFC 2637 §2.2).
    pub struct ControlResult(u8) {
        SUCCESS = 1 => "success",
        GENERAL_ERROR = 2 => "general error",
        EXISTS = 3 => "the channel exists already",
        NOT_AUTHORIZED = 4 => "the requester is not authorized",
        VERSION = 5 => "the protocol version is not supported",
    }
}

code_points! {
    /// Results of Outgoing-Call-Reply (RFC 2637 §2.8).
    pub struct CallResult(u8) {
        CONNECTED = 1 => "connected",
        GENERAL_ERROR = 2 => "general error",
        NO_CARRIER = 3 => "no carrier",
        BUSY = 4 => "busy",
        NO_DIAL_TONE = 5 => "no dial tone",
        TIME_OUT = 6 => "time-out",
        DO_NOT_ACCEPT = 7 => "do not accept",
    }
}

code_points! {
    /// Results of Call-Disconnect-Notify (RFC 2637 §2.13).
    pub struct DisconnectResult(u8) {
        LOST_CARRIER = 1 => "lost carrier",
        GENERAL_ERROR = 2 => "general error",
        ADMIN_SHUTDOWN = 3 => "administrative shutdown",
        REQUEST = 4 => "on request",
    }
}

code_points! {
    /// Reasons of Stop-Control-Connection-Request (RFC 2637 §2.3).
    pub struct StopReason(u8) {
        NONE = 1 => "no particular reason",
        PROTOCOL = 2 => "the protocol version is not supported",
        LOCAL_SHUTDOWN = 3 => "the sender shuts down",
    }
}

code_points! {
    /// General error codes (RFC 2637 §2.16).
    pub struct ErrorCode(u8) {
        NONE = 0 => "none",
        NOT_CONNECTED = 1 => "not connected",
        BAD_FORMAT = 2 => "bad format",
        BAD_VALUE = 3 => "bad value",
        NO_RESOURCE = 4 => "no resource",
        BAD_CALL_ID = 5 => "bad call id",
        PAC_ERROR = 6 => "PAC error",
    }
}
