### What was seen, one sentence for each kind of fact. $who is one of who-*; names, numbers, addresses and what a source says are put in as they are.

who-client = the client
who-server = the server
who-here = this end
who-there = the other end
not-said = not said

# A sentence with what the source itself says.
fact-said = { $fact }: { $said }

## Messages of IKE by name.

exchange-main-mode = main mode { $number }
exchange-aggressive-mode = aggressive mode { $number }
exchange-quick-mode = quick mode { $number }
exchange-quick-mode-some = quick mode
exchange-informational = informational
exchange-transaction = transaction
exchange-other = an IKE message
exchange-request = { $name } request
exchange-response = { $name } response
sent-nothing = nothing
sent-times = { $message } ×{ $times }

## IKE.

fact-ike-message = { $who } sends { $message }
fact-ike-message-again = { $who } sends { $message } again
fact-ike-offered = { $who } offers for phase { $phase }: { $suites }
fact-ike-accepts = { $who } accepts for phase { $phase } only: { $suites }
fact-ike-chosen = agreed on for phase { $phase }: { $suite }
fact-ike-no-common-suite = { $who } finds nothing acceptable in the other end's offer for phase { $phase }
fact-ike-suite-unsupported = { $who } does not have the algorithm { $name }
fact-ike-notify = { $who } notifies { $kind }
fact-ike-vendor = { $who } announces { $name }
fact-ike-nat-forced = NAT detection: one end pretends to be behind a NAT, so that ESP goes in UDP
fact-ike-nat-both = NAT detection: client and server are both behind a NAT
fact-ike-nat-client = NAT detection: the client is behind a NAT
fact-ike-nat-server = NAT detection: the server is behind a NAT
fact-ike-nat-none = NAT detection: there is no NAT on the way
fact-ike-nat-not-client = NAT detection: the client is not behind a NAT
fact-ike-nat-not-server = NAT detection: the server is not behind a NAT
fact-ike-nat-unknown = NAT detection took place
fact-ike-repeated = { $who } sends { $message } again, because nothing came back
fact-ike-gave-up = { $who } gives up waiting for an answer
fact-ike-gave-up-after = { $who } gives up waiting for an answer to { $message }
fact-ike-stood = last from the client: { $client }; last from the server: { $server }; then nothing for { $seconds } s
fact-ike-half-open-expired = { $who } drops a negotiation that the other end never finished
fact-ike-undecryptable = { $who } cannot decrypt a message whose keys depend on the pre-shared key
fact-ike-hash-wrong = { $who } finds the hash wrong that proves the other end's key or identity
fact-ike-no-shared-key = { $who } has no pre-shared key for this peer
fact-ike-key-quotation-marks = { $who } has typographic quotation marks in or around its pre-shared key
fact-ike-key-not-ascii = { $who } has characters beyond ASCII in its pre-shared key, which clients encode differently
fact-ike-key-blanks = { $who } has blanks at an end of its pre-shared key
fact-ike-key-marks = { $who } has quotation marks or backslashes in its pre-shared key
fact-ike-no-connection = { $who } has no configured connection that fits what was asked for
fact-ike-mode-refused = { $who } does not accept this mode
fact-ike-version-refused = { $who } does not accept version { $version } of IKE
fact-ike-identity = { $who } identifies itself as { $identity }
fact-ike-identity-refused = { $who } does not accept the other end's identity
fact-ike-identity-refused-got = { $who } does not accept the identity { $got }
fact-ike-identity-refused-expected = { $who } expects the identity { $expected } and gets another one
fact-ike-identity-refused-both = { $who } expects the identity { $expected } and gets { $got }
fact-ike-phase1-up = IKE phase 1 is complete
fact-ike-selectors-refused = { $who } does not accept the traffic that the associations are to protect
fact-ike-selectors-refused-asked = { $who } does not accept the traffic that the associations are to protect ({ $asked })
fact-ike-pfs-refused = { $who } refuses, because perfect forward secrecy (PFS) does not meet
fact-ike-phase2-up = the IPsec associations are installed
fact-ike-phase2-up-udp = the IPsec associations are installed, with ESP in UDP 4500
fact-ike-phase2-up-raw = the IPsec associations are installed, with ESP as IP protocol 50
fact-ike-certificate-missing = { $who } finds no certificate, or its private key is missing
fact-ike-certificate-untrusted = { $who } does not trust the issuer of the certificate
fact-ike-certificate-name = { $who } does not find the expected name in the certificate
fact-ike-certificate-usage = { $who } finds that the certificate may not be used for this
fact-ike-certificate-expired = { $who } finds the certificate outside its validity
fact-ike-certificate-revoked = { $who } finds the certificate revoked, or cannot check that
fact-ike-certificate-signature = { $who } finds the certificate's signature wrong
fact-ike-deleted = { $who } deletes an association of phase { $phase }
fact-ike-peer-dead = { $who } hears nothing any more from the peer of an established association
fact-ike-displaced = { $who } replaces or refuses another association of the same identity or address
fact-ike-message-id-reused = { $who } meets a message ID of quick mode that was already used
fact-ike-mapping-changed = the peer's packets now come from another address or port
fact-ike-mapping-changed-to = the peer's packets came from { $from } and now come from { $to }
fact-ike-rekey-failed = { $who } could not renew the keys
fact-ike-limited = { $who } ignores new negotiations, because there are too many at once
fact-ike-kernel-refused = { $who } reports that its operating system refuses the associations
fact-ike-network-closed = { $who } is told by the network that the port is closed
fact-ike-network-error = { $who } is told by the network that the other end cannot be reached
fact-ike-service-stopped = { $who } has no IKE service running

## ESP.

fact-esp-traffic = { $who } sends ESP as IP protocol 50: packets { $packets }, octets { $octets }, SPI { $spi }
fact-esp-traffic-udp = { $who } sends ESP in UDP 4500: packets { $packets }, octets { $octets }, SPI { $spi }
fact-esp-tag = { $who } sends ESP whose lengths tell of integrity tags of { $octets } octets (SPI { $spi })
fact-esp-unknown-spi = { $who } receives ESP with the SPI { $spi }, which belongs to no association
fact-esp-unheard = { $who } sends ESP and hears nothing any more (packets: { $packets })
fact-esp-integrity-failed = { $who } receives ESP that fails its integrity check (packets: { $packets })
fact-esp-integrity-failed-truncation = { $who } receives ESP that fails its integrity check (packets: { $packets }); the other truncation of HMAC-SHA2-256 would have fitted
fact-esp-replayed = { $who } receives ESP packets again, or too late (packets: { $packets })
fact-esp-not-matching = { $who } has packets that fit no policy or no association of IPsec
fact-esp-association = An association of the kernel: { $source } to { $destination }, SPI { $spi }
fact-esp-association-used = An association of the kernel: { $source } to { $destination }, SPI { $spi }; packets: { $packets }
fact-esp-association-unused = An association of the kernel that carried nothing: { $source } to { $destination }, SPI { $spi }
fact-esp-policy-protects = A policy of the kernel demands ESP: { $source } to { $destination }
fact-esp-policy-passes = A policy of the kernel without ESP: { $source } to { $destination }
fact-esp-no-policies = The kernel has no IPsec policies
fact-esp-came-unprotected = The kernel dropped packets that came without the protection its policies demand (packets: { $packets })

## L2TP.

fact-l2tp-message = { $who } sends { $kind }
fact-l2tp-message-again = { $who } sends { $kind } again
fact-l2tp-message-clear = { $who } sends { $kind } outside IPsec
fact-l2tp-tunnel-up = the L2TP tunnel is up
fact-l2tp-call-up = the L2TP call is up
fact-l2tp-refused-tunnel = { $who } ends the L2TP tunnel (StopCCN, result { $result }, error { $error })
fact-l2tp-refused-call = { $who } ends the L2TP call (CDN, result { $result }, error { $error })
fact-l2tp-unanswered = { $who } gets no answer to its L2TP messages
fact-l2tp-unanswered-established = { $who } gets no answer any more through an L2TP tunnel that was up
fact-l2tp-unanswered-message = { $who } sent { $kind } { $times } times, and nothing came back
fact-l2tp-authentication-failed = { $who } reports that the authentication of the L2TP tunnel failed
fact-l2tp-not-protected = { $who } refuses L2TP that comes without IPsec
fact-l2tp-exhausted-addresses = { $who } has no address left for another call
fact-l2tp-exhausted-ports = { $who } has no port left for another call
fact-l2tp-incompatible = { $who } complains about an L2TP message
fact-l2tp-ppp-exited = { $who } sees the program end that carries PPP
fact-l2tp-ppp-exited-status = { $who } sees the program end that carries PPP, with status { $status }

## PPTP.

fact-pptp-connected = the connection to TCP 1723 is open
fact-pptp-connection-refused = the connection to TCP 1723 is refused: nothing listens there
fact-pptp-connection-timed-out = nobody answers the attempt to connect to TCP 1723
fact-pptp-no-reply = TCP 1723 is open, and no PPTP message comes back
fact-pptp-message = { $who } sends { $kind }
fact-pptp-message-result = { $who } sends { $kind } with result { $result }
fact-pptp-tunnel-up = the PPTP control connection is up
fact-pptp-call-up = the PPTP call is up
fact-pptp-refused = { $who } refuses the PPTP connection with result { $result }
fact-pptp-gre = { $who } sends GRE: packets { $packets }, octets { $octets }
fact-pptp-no-gre = { $who } receives no GRE while the call is up
fact-pptp-gre-refused = { $who } cannot send GRE, or is told that it is refused
fact-pptp-closed = { $who } ends the PPTP call or connection
fact-pptp-port-busy = { $who } could not take TCP 1723 for its PPTP service

## PPP.

method-other = another method

fact-ppp-packet = { $who } sends { $packet }
fact-ppp-packet-again = { $who } sends { $packet } again
fact-ppp-authentication-demanded = { $who } demands authentication by { $method }
fact-ppp-authentication-offered = { $who } offers for authentication: { $offered }; not taken up: { $refused }
fact-ppp-authentication-declined = { $who } declines authentication by { $method }
fact-ppp-authentication-declined-instead = { $who } declines authentication by { $method } and proposes { $instead }
fact-ppp-no-common-authentication = { $who } ends the link, because no method of authentication suits both
fact-ppp-link-up = the PPP link is up
fact-ppp-unanswered = { $who } gets no answer to its { $protocol } requests
fact-ppp-not-converging = the ends do not come to an agreement in { $protocol }: the same options are refused again and again
fact-ppp-loopback = { $who } gets its own packets back
fact-ppp-authenticated = the user is accepted
fact-ppp-authenticated-user = the user { $user } is accepted
fact-ppp-authenticated-by = the user is accepted by { $method }
fact-ppp-authenticated-user-by = the user { $user } is accepted by { $method }
fact-ppp-authentication-failed = { $who } says that the user is refused
fact-ppp-authentication-failed-code = { $who } says that the user is refused, with error { $code }
fact-ppp-authentication-failed-reason = { $who } says that the user is refused: { $reason }
fact-ppp-server-not-authentic = the server could not prove that it knows the password
fact-ppp-authentication-timed-out = { $who } waited too long for the authentication
fact-ppp-encrypted = encryption by MPPE with { $bits } bits is agreed on
fact-ppp-encryption-required = { $who } requires encryption and does not get it
fact-ppp-encryption-strength = { $who } refuses the strengths of MPPE that the other end asks for
fact-ppp-no-encryption-keys = { $who } has no keys for MPPE, because the authentication gives none
fact-ppp-network-up = { $protocol } is up
fact-ppp-network-up-client = { $protocol } is up; the client has the address { $client }
fact-ppp-protocol-rejected = { $who } rejects { $protocol }
fact-ppp-no-network-protocol = { $who } finds that no network protocol came up
fact-ppp-no-address = { $who } has no address to give
fact-ppp-no-address-exhausted = { $who } has no address left: the pool is used up
fact-ppp-address-refused = { $who } does not accept the proposed address
fact-ppp-address-refused-this = { $who } does not accept the address { $address }
fact-ppp-terminated = { $who } ends the PPP link
fact-ppp-terminated-code = { $who } ends the PPP link with error { $code }
fact-ppp-peer-dead = { $who } gets no answer to its LCP Echo-Requests any more
fact-ppp-hung-up = { $who } sees the connection under PPP go away
fact-ppp-garbage = { $who } receives packets of no known protocol: what was decrypted or decompressed is garbage
fact-ppp-incompatible = { $who } complains about a PPP packet
fact-ppp-kernel-missing = { $who } has a kernel without { $what }, or may not use it
fact-ppp-exited = { $who } sees pppd end with status { $status }
fact-ppp-up = the connection was up for { $seconds } s

reason-unknown-user = there is no such user
reason-wrong-password = the password is wrong
reason-user-format = the form of the user name is not known (domain, realm)
reason-locked = the account is locked
reason-disabled = the account is disabled
reason-expired = the account has expired
reason-password-expired = the password has expired
reason-logon-hours = not at this time
reason-no-dialin = the user may not dial in
reason-no-policy = no policy matches
reason-constraint = a condition of the policy refuses
reason-method-disabled = the method is switched off
reason-no-usable-password = the password is stored in a form that does not fit the method
reason-backend = the server could not ask who decides
reason-address = the user may not have this address
reason-tls-version = the TLS versions of the two sides do not meet

## RADIUS.

fact-radius-request = the RADIUS server is sent { $kind }
fact-radius-request-again = the RADIUS server is sent { $kind } again
fact-radius-request-to = the RADIUS server { $server } is sent { $kind }
fact-radius-request-to-again = the RADIUS server { $server } is sent { $kind } again
fact-radius-answer = the RADIUS server answers with { $kind }
fact-radius-answer-error = the RADIUS server answers with { $kind }, MS-CHAP error { $error }
fact-radius-answer-reason = the RADIUS server answers with { $kind }: { $reason }
fact-radius-unanswered = the RADIUS server does not answer
fact-radius-unanswered-from = the RADIUS server { $server } does not answer
fact-radius-not-asked = the RADIUS server could not be asked
fact-radius-unknown-client = the RADIUS server does not know the VPN server that asks it
fact-radius-secret-mismatch = the shared secrets of VPN server and RADIUS server differ
fact-radius-message-authenticator-missing = the RADIUS packet lacks the Message-Authenticator that is required
fact-radius-listening = the RADIUS server is ready
fact-radius-port-closed = nothing listens at the port of the RADIUS server

## The path.

icmp-port-unreachable = port unreachable
icmp-protocol-unreachable = protocol unreachable
icmp-unreachable = host unreachable
icmp-prohibited = prohibited by a filter
icmp-too-big = packet too big
icmp-time-exceeded = time exceeded

fact-network-name-unknown = the name { $name } does not resolve
fact-network-name-resolved = the name { $name } resolves to { $addresses }
fact-network-no-route = there is no route to the other end
fact-network-no-route-to = there is no route to { $to }
fact-network-icmp = ICMP: { $kind } (protocol { $protocol })
fact-network-icmp-port = ICMP: { $kind } (port { $port })
fact-network-icmp-from = ICMP from { $from }: { $kind } (protocol { $protocol })
fact-network-icmp-from-port = ICMP from { $from }: { $kind } (port { $port })
fact-network-silent = nothing at all comes back from { $to }
fact-network-port-silent = nothing comes back from UDP { $port }, while another port of the host answers
fact-network-unreached = nothing comes back through the tunnel from { $to }
fact-network-astray = packets to { $to } go out into the Internet, where { $by } answers: no router on the way knows where { $to } is
fact-network-ping = pings to { $to } with { $size } octets: sent { $sent }, answered { $received }
fact-network-ping-too-big = pings to { $to } with { $size } octets: sent { $sent }, answered { $received }; too big for the way
fact-network-inner = between { $client } in the tunnel and { $host }: { $requests } packets there, { $replies } back
fact-network-inner-elsewhere = between { $client } in the tunnel and { $host }: { $requests } packets there, { $replies } back, which go to another station than the requests came from
fact-network-large-vanish = packets of { $passed } octets pass, those of { $vanished } octets vanish
fact-network-fragments-lost = { $who } sends fragments of which not all arrive
fact-network-route = route to { $to } by { $interface }
fact-network-route-gateway = route to { $to } by { $interface }, next hop { $gateway }
fact-network-address = { $interface } has the address { $address }
fact-network-tunnel-dns-failed = names do not resolve through the tunnel
fact-network-tunnel-dns-failed-at = names do not resolve through the tunnel at { $server }
fact-network-dhcp-unanswered = DHCP requests stay unanswered
fact-network-address-conflict = another machine has the same address
fact-network-address-conflict-of = another machine has the address { $address }, too

## A machine.

fact-host-system = the system is { $name }
fact-host-booted = the machine was started
fact-host-update = the update { $name } is installed
fact-host-service = the service { $name } exists
fact-host-service-running = the service { $name } is running
fact-host-service-stopped = the service { $name } is not running
fact-host-service-disabled = the service { $name } is disabled
fact-host-registry = registry: { $name } in { $key } is { $value }
fact-host-registry-absent = registry: { $name } in { $key } is not set
fact-host-registry-misplaced = registry: { $name } stands in { $key }, where Windows does not read it; it belongs to { $right }
fact-host-listening = { $protocol } { $address } is listened on
fact-host-listening-owner = { $protocol } { $address } is listened on by { $owner }
fact-host-listening-complete = this is the whole listing of sockets: what is not in it does not listen
fact-host-port-busy = { $program } does not get its port, because another program has it
fact-host-port-busy-port = { $program } does not get { $protocol } { $port }, because another program has it
fact-host-started = { $program } starts
fact-host-stopped = { $program } stops, or is not running
fact-host-module-missing = the kernel module { $module } is missing, or may not be loaded
fact-host-configuration-error = { $program } complains about its configuration
fact-host-setting-quotation-marks = { $program }: typographic quotation marks stand in a setting
fact-host-setting-tunnel-mode = { $program }: tunnel mode, and L2TP needs transport mode
fact-host-setting-ikev2 = { $program }: IKEv2, and the L2TP/IPsec of Windows, Apple and Android needs IKEv1
fact-host-setting-own-address = { $program }: the server's own address lies in the range that it hands out
fact-host-setting-range-reversed = { $program }: the range of addresses ends before it begins
fact-host-setting-contradiction = { $program }: { $method } is both required and refused
fact-host-setting-no-method = { $program }: every method of authentication is refused
fact-host-known-bug = a known bug of this release shows itself
fact-host-forwarding-on = the kernel forwards { $version } packets
fact-host-forwarding-off = the kernel does not forward { $version } packets
fact-host-filter-drops = a packet filter drops what the tunnel carries
fact-host-miniport-missing = { $name } is not installed
fact-host-miniport-unnamed = { $name } has no description in the registry (DriverDesc)
fact-host-miniport-status = { $name } is reported as { $status }
fact-host-profile = settings of the connection { $name }: server { $server }, tunnel { $tunnel }, encryption { $encryption }
fact-host-profile-no-key = settings of the connection { $name }: server { $server }, tunnel { $tunnel }, encryption { $encryption }, no pre-shared key
fact-host-other-vpn = another VPN program is there: { $name }

## Reported.

fact-reported-ras = error { $code }: { $meaning }
fact-reported-ras-unknown = error { $code }
fact-reported-ike = IPsec error { $code }: { $meaning }
fact-reported-ike-unknown = IPsec error { $code }
fact-reported-event = event { $id } of { $provider }
fact-reported-nps-reason = NPS gives reason code { $code }
fact-reported-verdict = the program's own verdict: { $cause } (stage: { $stage })
fact-reported-user-hung-up = somebody at this end hung up
fact-reported-connected = the connection is up
fact-reported-disconnected = the connection ended in order
fact-reported-affects-user = one user or one machine is affected
fact-reported-affects-site = everybody at one place is affected
fact-reported-affects-everyone = everybody is affected

fact-remark-stated = somebody wrote what points to this: { $cause }
fact-remark-mended = somebody wrote that it was this, or that mending it helped: { $cause }
fact-remark-supposed = somebody supposed or tried something that belongs to this: { $cause }
fact-remark-denied = somebody wrote that it is not this, or that mending it did not help: { $cause }
fact-remark-about = it says what the report is about
