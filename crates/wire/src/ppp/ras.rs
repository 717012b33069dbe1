crate::code_points! {
    /// Windows remote access errors as they travel inside PPP: in MS-CHAP failures (RFC 2759 §6) and in Terminate-Requests.
    pub struct RasError(u32) {
        /// What a Terminate-Request carries when nothing went wrong.
        NONE = 0 => "normal end",
        REMOTE_DISCONNECTION = 629 => "the remote computer disconnected",
        USER_DISCONNECTION = 631 => "the user disconnected",
        RESTRICTED_LOGON_HOURS = 646 => "not permitted to log on at this time",
        ACCOUNT_DISABLED = 647 => "the account is disabled",
        PASSWORD_EXPIRED = 648 => "the password has expired",
        NO_DIALIN_PERMISSION = 649 => "no permission to dial in",
        AUTHENTICATION_FAILURE = 691 => "authentication failure",
        CHANGING_PASSWORD = 709 => "changing the password failed",
        NO_IP_ADDRESSES = 717 => "no address is left in the pool",
        PPP_TIMEOUT = 718 => "PPP time-out",
        PPP_REMOTE_TERMINATED = 719 => "the remote computer ended PPP",
        PPP_NO_PROTOCOLS_CONFIGURED = 720 => "no PPP network protocol came up",
        PPP_NO_RESPONSE = 721 => "the remote computer does not respond",
        PPP_INVALID_PACKET = 722 => "invalid PPP packet",
        PPP_NOT_CONVERGING = 732 => "PPP negotiation does not converge",
        PPP_CP_REJECTED = 733 => "the PPP control protocol was rejected",
        PPP_LCP_TERMINATED = 734 => "LCP was terminated",
        PPP_NCP_TERMINATED = 736 => "the PPP network protocol was terminated",
        PPP_LOOPBACK_DETECTED = 737 => "a loopback was detected",
        PPP_NO_ADDRESS_ASSIGNED = 738 => "no address was assigned",
        NO_LOCAL_ENCRYPTION = 741 => "no local encryption",
        NO_REMOTE_ENCRYPTION = 742 => "no remote encryption",
        REMOTE_REQUIRES_ENCRYPTION = 743 => "remote requires encryption",
        UNABLE_TO_AUTHENTICATE_SERVER = 778 => "the server did not prove its identity",
        SERVER_POLICY = 812 => "prevented by a policy of the server",
        IDLE_TIMEOUT = 828 => "idle time-out",
        LINK_FAILURE = 829 => "the link failed",
    }
}
